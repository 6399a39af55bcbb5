#include <utility>
#include <vector>

#include "bindings.hpp"
#include "ships_io.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

py::array merge_windows_of(const py::object& windows, const py::object& shape) {
  const Shape frame = as_shape(shape);
  const HeldWindows held = as_windows(windows);
  Canvas canvas = as_canvas(py::none(), frame);
  {
    const Unlocked nogil;
    merge_windows(frame, held.windows, canvas.pixels);
  }
  return std::move(canvas.array);
}

py::list ship_components(const py::object& shape, const py::object& presence, const py::object& windows,
                         const py::object& pixel, const py::object& min_area, const py::object& core, bool fill_holes,
                         bool rectangles) {
  const Shape frame = as_shape(shape);
  const HeldMask cells = as_presence(presence, frame);
  const HeldWindows held = as_windows(windows);
  const ShipRules rules{as_byte(pixel, "pixel"), as_pixels(min_area, "min_area"), as_byte(core, "core"), fill_holes,
                        rectangles};
  std::vector<ShipComponent> found;
  {
    const Unlocked nogil;
    found = find_ships(frame, cells.view, held.windows, rules);
  }
  py::list components(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& [outline, area, score, cell] = found[i];
    components[i] = py::make_tuple(std::move(outline), area, score, cell);
  }
  return components;
}

}  // namespace

void bind_ships(py::module_& module) {
  module.def("merge_windows", &merge_windows_of, py::arg("windows"), py::arg("shape"),
             R"(One (height, width) uint8 probability from overlapping windows; zero where no window looked.

Where two windows overlap, each decides the half that is nearer to its own middle.

Args:
    windows: [(top, left, probability * 256 as a uint8 array (height, width))]; they may lie partly outside.
    shape: (height, width) of the frame.)");
  module.def("ship_components", &ship_components, py::arg("shape"), py::arg("presence"), py::arg("windows"),
             py::arg("pixel"), py::arg("min_area"), py::arg("core"), py::arg("fill_holes"), py::arg("rectangles"),
             R"(The 8-connected components of what windows say, from left to right.

A list of (outline, area, score, cell): the Rle that is shown of it (no two share a pixel), pixels of the component
itself, their mean probability (0..1), and the strongest presence cell that they touch (0..255).

Args:
    shape: (height, width) of the frame.
    presence: (rows, cols) uint8, one cell for each 32x32 pixels.
    windows: As for `merge_windows`; everything outside of them is sea.
    pixel: Pixels from this value on are ship, 1 to 255.
    min_area: Smaller components are dropped, pixels.
    core: A component that falls apart from this value on is split there: every pixel goes to the nearest core, by the
        exact Euclidean distance. Up to `pixel` none is.
    fill_holes: Enclosed pixels belong to a component, but for those of another one.
    rectangles: A component that nearly is a rectangle is shown as the one with its second moments.)");
}

}  // namespace shipedge
