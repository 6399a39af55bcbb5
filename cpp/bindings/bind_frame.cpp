#include <array>
#include <cstdint>

#include "bindings.hpp"
#include "ships_io.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

py::array_t<std::uint8_t> halved(const py::object& pixels) {
  const HeldFrame held = as_frame(pixels);
  const Shape half = half_of(held.view.shape);
  const std::array<py::ssize_t, 3> sides{static_cast<py::ssize_t>(half.height), static_cast<py::ssize_t>(half.width),
                                         3};
  py::array_t<std::uint8_t> made(sides);
  std::uint8_t* const out = made.mutable_data();
  {
    const Unlocked nogil;
    halve(held.view, out);
  }
  return made;
}

}  // namespace

void bind_frame(py::module_& module) {
  module.def("halve", &halved, py::arg("pixels"),
             R"(A frame at half size: (height, width, 3) uint8 -> sides halved and rounded up.

Each pixel is the rounded mean of four; a last odd row or column counts twice.)");
}

}  // namespace shipedge
