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
py::array labelled(const HeldRles& held, Shape shape, Overlap rule) {
  py::array_t<T> labels = clear<T>(shape);
  T* const out = labels.mutable_data();
  {
    const Unlocked nogil;
    if (rule == Overlap::kError) {
      to_labels(held.rles, shape, out);
    } else {
      const std::vector<Rle> own = without_overlaps(held.rles, shape, rule);
      std::vector<const Rle*> masks;
      masks.reserve(own.size());
      for (const Rle& mask : own) masks.push_back(&mask);
      to_labels(masks, shape, out);
    }
  }
  return labels;
}

py::list without_overlaps_of(const py::object& rles, const py::object& overlap) {
  const Overlap rule = as_overlap(overlap);
  if (rule == Overlap::kError) throw py::value_error("overlap is 'error', expected 'first', 'last' or 'larger'");
  const HeldRles held = as_rles(rles, "rles", nullptr);
  std::vector<Rle> own;
  if (!held.rles.empty()) {
    const Unlocked nogil;
    own = without_overlaps(held.rles, held.rles.front()->shape(), rule);
  }
  return as_list(std::move(own));
}

py::array to_labels_of(const py::object& rles, const py::object& shape, const py::object& overlap) {
  const Overlap rule = as_overlap(overlap);
  const Shape expected = as_shape(shape);
  const HeldRles held = as_rles(rles, "rles", &expected);
  if (held.rles.size() <= 255) return labelled<std::uint8_t>(held, expected, rule);
  if (held.rles.size() <= 65535) return labelled<std::uint16_t>(held, expected, rule);
  return labelled<std::int32_t>(held, expected, rule);
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
  module.def("to_labels", &to_labels_of, py::arg("rles"), py::arg("shape"), py::arg("overlap") = "error",
             R"(A (height, width) label map: 0 is background, k is rles[k - 1].

It is uint8 for up to 255 masks, uint16 for up to 65535, int32 for more.

Args:
    rles: Masks of this shape.
    shape: (height, width) in pixels.
    overlap: What a pixel of several masks becomes: "error" refuses them; "first" and "last" take the label of the mask
        that comes first or last in the list; "larger" that of the mask with more pixels, of equally large ones the
        first.

Raises:
    RleFormatError: Two masks overlap and `overlap` is "error"; the message says which and where.)");
  module.def(
      "without_overlaps", &without_overlaps_of, py::arg("rles"), py::arg("overlap") = "first",
      R"(The masks less what another one has: no two of them share a pixel, and together they cover the same pixels.

A mask may be left with no pixel at all.

Args:
    rles: Masks of one shape.
    overlap: "first", "last" or "larger", as for `to_labels`.)");
  module.def("from_labels", &from_labels_of, py::arg("labels"),
             R"(The mask of each label but 0 in a (height, width) integer array, as {label: Rle}.

Args:
    labels: Integers of any size and strides; the dict is in the order of their first pixels, column by column.)");
}

}  // namespace shipedge
