#include <pybind11/stl.h>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/coco.hpp"
#include "shipedge/polygon.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

Rle from_coco(const py::object& counts, const py::object& shape) {
  const Shape expected = as_shape(shape);
  if (const auto text = as_compressed_counts(counts)) {
    const Unlocked nogil;
    return from_compressed_counts(*text, expected);
  }
  const std::vector<std::int64_t> numbers = as_counts(counts);
  const Unlocked nogil;
  return from_counts(numbers, expected);
}

py::object to_coco(const Rle& rle, bool compressed) {
  if (!compressed) return py::cast(to_counts(rle));
  std::string text;
  {
    const Unlocked nogil;
    text = compress_counts(rle);
  }
  return ascii(text.data(), text.size());
}

py::list to_polygons(const Rle& rle) {
  Rings rings;
  {
    const Unlocked nogil;
    rings = outline(rle);
  }
  py::list arrays(rings.ends.size());
  std::size_t at = 0;
  for (std::size_t k = 0; k < rings.ends.size(); ++k) {
    py::array_t<std::int64_t> ring({rings.ends[k] - at, std::size_t{2}});
    for (std::int64_t* out = ring.mutable_data(); at < rings.ends[k]; ++at) {
      *out++ = rings.corners[at].x;
      *out++ = rings.corners[at].y;
    }
    arrays[k] = std::move(ring);
  }
  return arrays;
}

Rle from_polygons(const py::object& polygons, const py::object& shape, const py::object& rule) {
  const Shape expected = as_shape(shape);
  const FillRule fill = as_fill_rule(rule);
  const HeldPolygons held = as_polygons(polygons);
  const Unlocked nogil;
  return fill_polygons(held.polygons, expected, fill);
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
  module.def("to_polygons", &to_polygons, py::arg("rle"),
             R"(The pixel edges around a mask: a list of (n, 2) int64 arrays of corners x, y.

One closed ring runs around each 8-connected part, clockwise as the image is seen, and one around each of its holes, the
other way; the signed areas sum to the mask's. Pixel (row, column) covers x from column to column + 1, so
`from_polygons(to_polygons(rle), rle.shape) == rle`. A ring touches itself where pixels meet at a corner only.)");
  module.def("from_polygons", &from_polygons, py::arg("polygons"), py::arg("shape"), py::arg("rule") = "even-odd",
             R"(The pixels whose middle lies inside polygons; the parts outside of the mask are cut off.

Args:
    polygons: (n, 2) numbers each: x, y in pixels, (0.5, 0.5) the middle of the first pixel.
    shape: (height, width) in pixels.
    rule: "even-odd": inside an odd number of times, all polygons together, so that one inside another is a hole.
        "union": inside any of them, COCO's way.

Raises:
    RleFormatError: A polygon has fewer than three points or a coordinate that is not finite or over 2^32, or the edges
        cross or reach over more than 2^28 columns of pixels in all.)");
}

}  // namespace shipedge
