#include <algorithm>
#include <cstdint>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/labels.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

template <class T>
py::array labelled(const HeldRles& held, Shape shape) {
  // NumPy's zeros are fresh pages of the system: only what is painted costs memory.
  const py::array labels =
      py::module_::import("numpy").attr("zeros")(py::make_tuple(shape.height, shape.width), py::dtype::of<T>());
  T* const out = static_cast<T*>(const_cast<void*>(labels.data()));
  const Unlocked nogil;
  to_labels(held.rles, shape, out);
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
             R"(A (height, width) picture of labels: 0 is background, k is rles[k - 1].

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
