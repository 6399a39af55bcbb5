#include <pybind11/stl.h>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/coco.hpp"

namespace shipedge {
namespace {

Rle from_coco(const py::object& counts, const py::object& shape) {
  const Shape expected = as_shape(shape);
  if (const auto text = as_compressed_counts(counts)) {
    const py::gil_scoped_release nogil;
    return from_compressed_counts(*text, expected);
  }
  const std::vector<std::int64_t> numbers = as_counts(counts);
  const py::gil_scoped_release nogil;
  return from_counts(numbers, expected);
}

py::object to_coco(const Rle& rle, bool compressed) {
  if (!compressed) return py::cast(to_counts(rle));
  std::string text;
  {
    const py::gil_scoped_release nogil;
    text = compress_counts(rle);
  }
  return ascii(text.data(), text.size());
}

}  // namespace

void bind_exchange(py::module_& module) {
  module.def("to_coco", &to_coco, py::arg("rle"), py::arg("compressed") = false,
             R"(COCO's counts: background, ship, background, ... column-major, summing to height x width.

Args:
    rle: The mask.
    compressed: The str that pycocotools reads and writes, where False gives a list of int.)");
  module.def("from_coco", &from_coco, py::arg("counts"), py::arg("shape"),
             R"(The mask of COCO's counts.

Args:
    counts: Integers (uncompressed), or a str or bytes (compressed, as pycocotools writes).
    shape: (height, width) in pixels, COCO's "size".

Raises:
    RleFormatError: The counts are malformed or do not sum to height x width.)");
}

}  // namespace shipedge
