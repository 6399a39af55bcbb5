#include "shipedge/geometry.hpp"

#include <algorithm>
#include <string>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/morphology.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

Rle crop(const Rle& rle, const py::object& bbox) {
  const Box box = as_box(bbox, rle.shape());
  const Unlocked nogil;
  return window(rle, box.top, box.left, {box.bottom - box.top, box.right - box.left});
}

Rle pad(const Rle& rle, const py::object& top, const py::object& bottom, const py::object& left,
        const py::object& right) {
  const std::int64_t above = as_pixels(top, "top");
  const std::int64_t before = as_pixels(left, "left");
  const std::int64_t height = above + rle.shape().height + as_pixels(bottom, "bottom");
  const std::int64_t width = before + rle.shape().width + as_pixels(right, "right");
  const Shape shape = Shape::checked(height, width);
  const Unlocked nogil;
  return window(rle, -above, -before, shape);
}

Rle shift(const Rle& rle, const py::object& dy, const py::object& dx) {
  const auto distance = [](py::handle value, const char* name) {
    constexpr std::int64_t kFar = std::int64_t{1} << 32;  // farther than any mask is long
    return std::clamp(as_integer(value, name), -kFar, kFar);
  };
  const std::int64_t down = distance(dy, "dy");
  const std::int64_t right = distance(dx, "dx");
  const Unlocked nogil;
  return window(rle, -down, -right, rle.shape());
}

Rle flip(const Rle& rle, const py::object& axis) {
  const std::int64_t along = as_integer(axis, "axis");
  if (along != 0 && along != 1) {
    throw py::value_error("axis is " + std::to_string(along) + ", expected 0 (upside down) or 1 (left to right)");
  }
  const Unlocked nogil;
  return along == 0 ? flip_rows(rle) : flip_columns(rle);
}

Rle rot90(const Rle& rle, const py::object& k) {
  const std::int64_t turns = as_integer(k, "k");
  const Unlocked nogil;
  return rotate(rle, turns);
}

Rle resize_to(const Rle& rle, const py::object& shape) {
  const Shape wanted = as_shape(shape);
  const Unlocked nogil;
  return resize(rle, wanted);
}

template <Rle (*kOperation)(const Rle&, std::uint32_t, std::uint32_t)>
Rle morph(const Rle& rle, const py::object& radius) {
  const auto [rows, columns] = as_reach(radius);
  const Unlocked nogil;
  return kOperation(rle, rows, columns);
}

Rle filled(const Rle& rle, const py::object& connectivity) {
  const Connectivity of_background = as_connectivity(connectivity);
  const Unlocked nogil;
  return fill_holes(rle, of_background);
}

}  // namespace

void bind_geometry(py::class_<Rle>& cls) {
  cls.def("crop", &crop, py::arg("bbox"),
          "What is inside (left, top, right, bottom), half-open, as a mask of that size; the box lies in the mask.")
      .def("pad", &pad, py::arg("top") = 0, py::arg("bottom") = 0, py::arg("left") = 0, py::arg("right") = 0,
           "The mask with so many empty rows and columns around it.")
      .def("shift", &shift, py::arg("dy"), py::arg("dx"),
           "Moved down by `dy` and right by `dx` pixels in an image of the same shape; what leaves it is lost.")
      .def("flip", &flip, py::arg("axis"), "Mirrored as np.flip does: axis 0 is upside down, 1 left to right.")
      .def("rot90", &rot90, py::arg("k") = 1, "Turned counterclockwise by `k` quarter turns, as np.rot90 does.")
      .def("transpose", &Rle::transposed, py::call_guard<Unlocked>(), "Rows and columns exchanged.")
      .def("resize", &resize_to, py::arg("shape"),
           R"(The mask at another (height, width) by nearest neighbour between pixel centres.

Pixel i of n new ones is pixel floor((i + 1/2) * m / n) of m old ones, along each side.)")
      .def("dilate", &morph<dilate>, py::arg("radius"),
           R"(Pixels that have a pixel of the mask in the rectangle around them.

Args:
    radius: r for the square of 2 r + 1 pixels a side, or (rows, columns) for a rectangle. Nothing comes in from
        outside the image.)")
      .def("erode", &morph<erode>, py::arg("radius"),
           R"(Pixels whose whole rectangle is in the mask; the mask does not shrink from the border of the image.

Args:
    radius: As for `dilate`: a.erode(r) is ~(~a).dilate(r).)")
      .def("fill_holes", &filled, py::arg("connectivity") = 4,
           R"(The mask and its holes: parts of the background that do not reach the border of the image.

Args:
    connectivity: 4 joins background pixels at their sides only, 8 also at corners.)");
}

}  // namespace shipedge
