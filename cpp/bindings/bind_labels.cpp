#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/labels.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

/// A clear image. calloc gives fresh pages of the system, of which only what is painted costs memory. It is not
/// numpy.zeros, which runs Python code: CPython before 3.14 unwinds a thread that is in there when the interpreter
/// ends.
template <class T>
py::array_t<T> clear(Shape shape) {
  void* const pixels = std::calloc(std::max<std::size_t>(shape.pixels(), 1), sizeof(T));
  if (pixels == nullptr) throw std::bad_alloc();
  const py::capsule owner(pixels, [](void* memory) { std::free(memory); });
  const std::array<py::ssize_t, 2> sides{static_cast<py::ssize_t>(shape.height), static_cast<py::ssize_t>(shape.width)};
  return py::array_t<T>(sides, static_cast<T*>(pixels), owner);
}

template <class T>
py::array labelled(const HeldRles& held, Shape shape) {
  py::array_t<T> labels = clear<T>(shape);
  T* const out = labels.mutable_data();
  {
    const Unlocked nogil;
    to_labels(held.rles, shape, out);
  }
  return labels;
}

py::array to_labels_of(const py::object& rles, const py::object& shape) {
  const Shape expected = as_shape(shape);
  const HeldRles held = as_rles(rles, "rles", &expected);
  if (held.rles.size() <= 255) return labelled<std::uint8_t>(held, expected);
  if (held.rles.size() <= 65535) return labelled<std::uint16_t>(held, expected);
  return labelled<std::int32_t>(held, expected);
}

py::dict from_labels_of(const py::object& labels) {
  const HeldLabels held = as_labels(labels);
  std::vector<LabelledRle> found;
  {
    const Unlocked nogil;
    found = from_labels(held.view);
  }
  py::dict parts;
  for (LabelledRle& part : found) parts[held.shown(part.label)] = py::cast(std::move(part.rle));
  return parts;
}

}  // namespace

void bind_labels(py::module_& module) {
  module.def("to_labels", &to_labels_of, py::arg("rles"), py::arg("shape"),
             R"(A (height, width) label map: 0 is background, k is rles[k - 1].

It is uint8 for up to 255 masks, uint16 for up to 65535, int32 for more.

Args:
    rles: Masks of this shape that share no pixel.
    shape: (height, width) in pixels.

Raises:
    RleFormatError: Two masks overlap; the message says which and where.)");
  module.def("from_labels", &from_labels_of, py::arg("labels"),
             R"(The mask of each label but 0 in a (height, width) integer array, as {label: Rle}.

Args:
    labels: Integers of any size and strides; the dict is in the order of their first pixels, column by column.)");
}

}  // namespace shipedge
