#include <pybind11/stl.h>

#include <string>
#include <tuple>
#include <utility>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/coco.hpp"
#include "shipedge/error.hpp"
#include "shipedge/label_studio.hpp"
#include "shipedge/polygon.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

/// COCO's {"size": [height, width], "counts": ...} as counts and shape.
std::pair<py::object, py::object> unpacked_coco(const py::dict& segmentation, const py::object& shape) {
  for (const char* key : {"size", "counts"}) {
    if (!segmentation.contains(key)) {
      throw FormatError(std::string("the dictionary has no ") + key + ", expected COCO's {\"size\": [height, width], " +
                        "\"counts\": ...}");
    }
  }
  const py::object size = segmentation["size"];
  if (!shape.is_none() && as_shape(shape) != as_shape(size)) {
    throw FormatError("size is " + shown_value(size) + ", expected " + shown(as_shape(shape)) + " as shape says");
  }
  return {segmentation["counts"], size};
}

Rle from_coco(py::object counts, py::object shape) {
  if (PyDict_CheckExact(counts.ptr()) != 0) {
    std::tie(counts, shape) = unpacked_coco(py::reinterpret_borrow<py::dict>(counts), shape);
  } else if (shape.is_none()) {
    throw py::type_error("shape is missing, expected (height, width), or COCO's dictionary with its size");
  }
  const Shape expected = as_shape(shape);
  if (const auto text = as_compressed_counts(counts)) {
    const Unlocked nogil;
    return from_compressed_counts(*text, expected);
  }
  const std::vector<std::int64_t> numbers = as_counts(counts);
  const Unlocked nogil;
  return from_counts(numbers, expected);
}

py::object to_coco(const py::object& mask, bool compressed) {
  const HeldRle held = as_rle(mask, "rle");
  const Rle& rle = *held;
  if (!compressed) return py::cast(to_counts(rle));
  std::string text;
  {
    const Unlocked nogil;
    text = compress_counts(rle);
  }
  return ascii(text.data(), text.size());
}

py::list to_polygons(const py::object& mask, const py::object& tolerance) {
  const HeldRle held = as_rle(mask, "rle");
  const double most = as_number(tolerance, "tolerance");
  if (most < 0) throw py::value_error("tolerance is " + shown_value(tolerance) + ", expected 0 or more pixels");
  Rings rings;
  {
    const Unlocked nogil;
    rings = outline(*held);
    if (most > 0) rings = simplified(rings, most);
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

py::list label_studio_of(const py::object& mask) {
  const HeldRle held = as_rle(mask, "rle");
  std::vector<std::uint8_t> packed;
  {
    const Unlocked nogil;
    packed = to_label_studio(*held);
  }
  py::list bytes(packed.size());
  for (std::size_t i = 0; i < packed.size(); ++i) bytes[i] = py::int_(packed[i]);
  return bytes;
}

Rle label_studio_mask(const py::object& packed, const py::object& shape) {
  const Shape expected = as_shape(shape);
  const py::tuple items = as_tuple(packed, "packed");
  std::vector<std::uint8_t> bytes;
  bytes.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::int64_t byte = as_integer(PyTuple_GET_ITEM(items.ptr(), static_cast<Py_ssize_t>(i)), "byte", i);
    if (byte < 0 || byte > 255) {
      throw FormatError("byte " + std::to_string(i + 1) + " is " + std::to_string(byte) + ", expected 0 to 255");
    }
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  const Unlocked nogil;
  return from_label_studio(bytes, expected);
}

}  // namespace

void bind_exchange(py::module_& module) {
  module.def("to_coco", &to_coco, py::arg("rle"), py::arg("compressed") = false,
             R"(COCO's counts: background, ship, background, ... column-major, summing to height x width.

Args:
    rle: The mask, an Rle or a (height, width) integer or bool array.
    compressed: The str that pycocotools reads and writes, where False gives a list of int.)");
  module.def("from_coco", &from_coco, py::arg("counts"), py::arg("shape") = py::none(),
             R"(The mask of COCO's counts.

Args:
    counts: Integers (uncompressed), or a str or bytes (compressed, as pycocotools writes); or a dictionary of "size" and
        one of these as "counts".
    shape: (height, width) in pixels, COCO's "size"; may be left out for a dictionary.

Raises:
    RleFormatError: The counts are malformed or do not sum to height x width.)");
  module.def("from_label_studio", &label_studio_mask, py::arg("packed"), py::arg("shape"),
             R"(The mask of Label Studio's brush: what is not transparent.

Args:
    packed: The list of bytes that Label Studio calls "rle".
    shape: (height, width) in pixels, Label Studio's original_height and original_width.

Raises:
    RleFormatError: The bytes are no packed mask of this shape.)");
  module.def("to_label_studio", &label_studio_of, py::arg("rle"),
             R"(A mask as the list of bytes that Label Studio calls "rle", for a region of its brush.

Args:
    rle: The mask, an Rle or a (height, width) integer or bool array; fewer than 2^30 pixels.)");
  module.def("to_polygons", &to_polygons, py::arg("rle"), py::arg("tolerance") = 0.0,
             R"(The pixel edges around a mask: a list of (n, 2) int64 arrays of corners x, y.

One closed ring runs around each 8-connected part, clockwise as the image is seen, and one around each of its holes, the
other way; the signed areas sum to the mask's. Pixel (row, column) covers x from column to column + 1, so
`from_polygons(to_polygons(rle), rle.shape) == rle`. A ring touches itself where pixels meet at a corner only.

Args:
    rle: The mask, an Rle or a (height, width) integer or bool array.
    tolerance: Over 0, rings get fewer corners (Douglas-Peucker): what is left out lies at most so many pixels from a
        side that is kept. Every ring keeps at least three corners, so each is a polygon, and small ones change most.)");
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
