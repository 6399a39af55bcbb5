#include <cmath>
#include <limits>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/measures.hpp"
#include "shipedge/rectangle.hpp"
#include "ships_io.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

Spread spread_or_nothing(const Rle& rle) {
  if (rle.empty()) return {kNothing, kNothing, kNothing, kNothing, kNothing};
  return spread_of(rle, rle.box());
}

double orientation(const Rle& rle) {
  const Unlocked nogil;
  return spread_or_nothing(rle).angle();
}

py::dict moments_of(const Rle& rle) {
  Spread spread;
  {
    const Unlocked nogil;
    spread = spread_or_nothing(rle);
  }
  const double area = rle.area();
  const Centroid centre = rle.centroid();
  const auto sum = [&](double mean) { return rle.empty() ? 0.0 : area * mean; };
  const double xx = sum(spread.xx - kPixelSpread);
  const double xy = sum(spread.xy);
  const double yy = sum(spread.yy - kPixelSpread);
  py::dict moments;
  moments["m00"] = area;
  moments["m10"] = sum(centre.x);
  moments["m01"] = sum(centre.y);
  moments["m20"] = xx + sum(centre.x * centre.x);
  moments["m11"] = xy + sum(centre.x * centre.y);
  moments["m02"] = yy + sum(centre.y * centre.y);
  moments["mu20"] = xx;
  moments["mu11"] = xy;
  moments["mu02"] = yy;
  return moments;
}

py::tuple rectangle_around(const Rle& rle) {
  Rectangle rectangle{kNothing, kNothing, kNothing, kNothing, kNothing};
  if (!rle.empty()) {
    const Unlocked nogil;
    rectangle = smallest_rectangle(rle);
  }
  return py::make_tuple(rectangle.x, rectangle.y, rectangle.length, rectangle.width, rectangle.angle);
}

}  // namespace

void bind_measures(py::class_<Rle>& cls) {
  cls.def_property_readonly("perimeter", &perimeter,
                            "Length of the outline in pixels: sides of pixels between the mask and what is not of it.")
      .def_property_readonly("orientation", &orientation,
                             R"(The direction in which the pixels spread furthest, by their second moments.

Radians from the x axis towards the y axis (clockwise as the image is seen), from -pi / 2 to pi / 2; NaN for an empty
mask.)")
      .def_property_readonly("moments", &moments_of,
                             R"(Moments up to the second order as cv2.moments names them, of pixels counted from 0.

{"m00": area, "m10", "m01", "m20", "m11", "m02": sums of x^p y^q; "mu20", "mu11", "mu02": the same about the
centroid}. Zeros for an empty mask.)")
      .def_property_readonly(
          "min_area_rect", &rectangle_around,
          R"((x, y, length, width, angle): the smallest rectangle around the pixels, turned as it may be.

(x, y) is its middle, (0, 0) the corner of the first pixel; length >= width in pixels; the angle of the length in radians
from the x axis towards the y axis, from -pi / 2 to below pi / 2. The area is least around the middles of pixels, and
half a pixel is added on every side. NaN for an empty mask.)");
}

}  // namespace shipedge
