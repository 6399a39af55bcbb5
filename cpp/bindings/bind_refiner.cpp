#include <array>
#include <vector>

#include "bindings.hpp"
#include "ships_io.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

py::array_t<double> smallest_rectangle_of(const Rle& mask) {
  if (mask.empty()) throw py::value_error("the mask is empty, expected at least one pixel");
  Rectangle found;
  {
    const Unlocked nogil;
    found = smallest_rectangle(mask);
  }
  return to_array(found);
}

Rle rectangle_outline(const py::object& rectangle, const py::object& shape) {
  const Rectangle given = as_rectangle(rectangle);
  const Shape frame = as_shape(shape);
  const Unlocked nogil;
  return outline_of(given, frame);
}

py::array_t<double> corrected_of(const py::object& rectangle, const py::object& said) {
  return to_array(corrected(as_rectangle(rectangle), as_correction(said)));
}

py::array_t<std::uint8_t> patch_of(const py::object& pixels, const py::object& rectangle) {
  const HeldFrame held = as_frame(pixels);
  const auto [height, width] = held.view.shape;
  if (height == 0 || width == 0) throw py::value_error("pixels have no row or no column, expected at least one pixel");
  const Rectangle given = as_rectangle(rectangle);
  constexpr std::array<py::ssize_t, 3> kShape{kPatchHeight, kPatchWidth, kChannels};
  py::array_t<std::uint8_t> patch(kShape);
  std::uint8_t* const out = patch.mutable_data();
  {
    const Unlocked nogil;
    cut_patch(held.view, given, out);
  }
  return patch;
}

py::list separate_of(const py::object& refined, const py::object& before) {
  const HeldRles better = as_rles(refined, "refined", nullptr);
  const Shape shape = better.rles.empty() ? Shape{} : better.rles.front()->shape();
  const HeldRles kept = as_rles(before, "before", better.rles.empty() ? nullptr : &shape);
  if (kept.rles.size() != better.rles.size()) {
    throw py::value_error("before holds " + std::to_string(kept.rles.size()) + " masks, expected " +
                          std::to_string(better.rles.size()) + " as refined does");
  }
  std::vector<Rle> found;
  {
    const Unlocked nogil;
    found = separate(better.rles, kept.rles);
  }
  py::list outlines(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    outlines[i] = found[i].empty() ? py::object(py::none()) : py::cast(std::move(found[i]));
  }
  return outlines;
}

}  // namespace

void bind_refiner(py::module_& module) {
  module.def("smallest_rectangle", &smallest_rectangle_of, py::arg("mask"),
             R"(The smallest rectangle around the pixels of a mask, as a float64 array (x, y, length, width, angle).

(x, y) is its middle, (0, 0) the corner of the first pixel; the sides are in pixels, length >= width; the angle of the
length counts from the x axis towards the y axis, radians, from -pi / 2 to below pi / 2. The area is least around the
middles of pixels; half a pixel is added on every side.)");
  module.def("rectangle_outline", &rectangle_outline, py::arg("rectangle"), py::arg("shape"),
             R"(The pixels of a (height, width) mask whose middle lies in a rectangle (x, y, length, width, angle).)");
  module.def("corrected", &corrected_of, py::arg("rectangle"), py::arg("said"),
             R"(The rectangle as a refiner wants it, which said five numbers from 0 to 1 of its patch.)");
  module.def("cut_patch", &patch_of, py::arg("pixels"), py::arg("rectangle"),
             R"(What a refiner sees of a frame: (64, 128, 3) uint8, the rectangle level in the middle, half as large.

Values are interpolated between the four nearest pixels, their places rounded to 1/256 pixel; beyond the frame its border
is repeated.

Args:
    pixels: (height, width, 3) uint8.
    rectangle: (x, y, length, width, angle).)");
  module.def("separate", &separate_of, py::arg("refined"), py::arg("before"),
             R"(Outlines that share no pixel, in their order; None for a piece of what another one has become.

Of two that would share pixels the larger has them. A ship that would have less than half of its outline left keeps the
one it came with, and where that is no better it was the same ship, taken apart.

Args:
    refined: Better outlines, of one shape.
    before: Those that the ships came with, as many.)");
}

}  // namespace shipedge
