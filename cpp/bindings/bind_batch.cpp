#include <cstring>
#include <utility>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/error.hpp"
#include "shipedge/text.hpp"

namespace shipedge {
namespace {

/// Texts below this many bytes are parsed before another thread could even take the lock over.
constexpr std::size_t kWorthReleasing = std::size_t{1} << 16;

void parse_into(RunBuffer& runs, std::string_view text, Shape shape, bool column_major) {
  parse_airbus(text, column_major ? shape : shape.transposed(), runs);
}

Rle parse(const py::object& text, const py::object& shape_like, const py::object& order) {
  const Shape shape = as_shape(shape_like);
  const bool column_major = is_column_major(order);
  const std::string_view characters = as_text(text);
  const auto work = [&] {
    RunBuffer& runs = scratch_runs();
    parse_into(runs, characters, shape, column_major);
    if (column_major) return Rle::trusted(shape, std::vector<Run>(runs.begin(), runs.end()));
    return Rle::trusted(shape.transposed(), std::vector<Run>(runs.begin(), runs.end())).transposed();
  };
  if (characters.size() < kWorthReleasing) return work();
  const py::gil_scoped_release nogil;
  return work();
}

py::array decode(const py::object& text, const py::object& shape_like, const py::object& order, const py::object& out) {
  const Shape shape = as_shape(shape_like);
  const bool column_major = is_column_major(order);
  const std::string_view characters = as_text(text);
  py::array mask = mask_or_new(out, shape);
  std::uint8_t* const pixels = pixels_of(mask);
  const py::gil_scoped_release nogil;
  RunBuffer& runs = scratch_runs();
  parse_into(runs, characters, shape, column_major);
  std::memset(pixels, 0, shape.pixels());
  if (column_major) {
    paint(runs, shape, pixels);
  } else {
    paint_row_major(runs, pixels);
  }
  return mask;
}

py::str encode_text(const py::object& mask, const py::object& order) {
  const bool column_major = is_column_major(order);
  const HeldMask held = as_mask(mask);
  RunBuffer& runs = scratch_runs();
  {
    const py::gil_scoped_release nogil;
    encode(column_major ? held.view : held.view.transposed(), runs);
  }
  return airbus_text(runs);
}

/// The texts of one image, kept alive while the lock is released.
class ImageTexts {
 public:
  ImageTexts(py::handle texts, std::string name) : name_(std::move(name)) {
    const py::object items = as_sequence(texts, name_.c_str());
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(items.ptr());
    texts_.reserve(static_cast<std::size_t>(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
      auto item = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(items.ptr(), i));
      std::string_view text;
      located(static_cast<std::size_t>(i), [&] { text = as_row_text(item); });
      texts_.emplace_back(std::move(item), text);
    }
  }

  /// All texts are read before the first pixel changes. Needs no lock.
  void decode(Shape shape, std::uint8_t* out) const {
    thread_local RunBuffer runs;
    thread_local std::vector<std::size_t> ends;
    runs.clear();
    ends.clear();
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      located(i, [&] { parse_airbus(texts_[i].second, shape, runs); });
      ends.push_back(runs.size());
    }
    std::memset(out, 0, shape.pixels());
    std::size_t first = 0;
    for (const std::size_t end : ends) {  // each by itself: the runs of two texts may overlap
      paint(Runs(runs.begin() + first, runs.begin() + end), shape, out);
      first = end;
    }
  }

 private:
  template <class Work>
  void located(std::size_t index, Work&& work) const {
    try {
      work();
    } catch (const FormatError& error) {
      throw FormatError(name_ + "[" + std::to_string(index) + "]: " + error.what());
    }
  }

  std::string name_;
  std::vector<std::pair<py::object, std::string_view>> texts_;
};

py::array decode_union(const py::object& texts, const py::object& shape_like, const py::object& out) {
  const Shape shape = as_shape(shape_like);
  const ImageTexts held(texts, "texts");
  py::array mask = mask_or_new(out, shape);
  std::uint8_t* const pixels = pixels_of(mask);
  const py::gil_scoped_release nogil;
  held.decode(shape, pixels);
  return mask;
}

void decode_batch(const py::object& rows, const py::object& out) {
  const py::array masks = as_mask_batch(out);
  const Shape shape = Shape::checked(masks.shape(1), masks.shape(2));
  const py::object images = as_sequence(rows, "rows");
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(images.ptr());
  if (count != masks.shape(0)) {
    throw py::value_error("rows holds " + std::to_string(count) + " images, expected " +
                          std::to_string(masks.shape(0)) + " as out has");
  }
  std::vector<ImageTexts> held;
  held.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    held.emplace_back(PySequence_Fast_GET_ITEM(images.ptr(), i), "rows[" + std::to_string(i) + "]");
  }
  std::uint8_t* pixels = pixels_of(masks);
  const py::gil_scoped_release nogil;
  for (const ImageTexts& image : held) {
    image.decode(shape, pixels);
    pixels += shape.pixels();
  }
}

}  // namespace

void bind_text(py::module_& module) {
  const py::tuple airbus_shape = py::make_tuple(768, 768);
  module.def("parse", &parse, py::arg("text"), py::arg("shape") = airbus_shape, py::kw_only(), py::arg("order") = "F",
             R"(The mask of an Airbus text "start length start length ...", 1-based.

Args:
    text: Runs in ascending order; touching runs are merged, "" is the empty mask.
    shape: (height, width) in pixels.
    order: "F" where the text counts down the columns (Airbus), "C" where it counts along the rows.

Raises:
    RleFormatError: The text is not a mask of this shape, or not a string.)");
  module.def("decode", &decode, py::arg("text"), py::arg("shape") = airbus_shape, py::kw_only(), py::arg("order") = "F",
             py::arg("out") = py::none(),
             R"(An Airbus text -> (height, width) uint8 mask of 0 and 1, C order.

Args:
    text, shape, order: As for `parse`.
    out: C-contiguous uint8 array of this shape to write into; untouched when the text is refused.

Raises:
    RleFormatError: As for `parse`.)");
  module.def("encode", &encode_text, py::arg("mask"), py::kw_only(), py::arg("order") = "F",
             R"(The Airbus text of a (height, width) integer or bool array of any strides; non-zero means ship.

Args:
    mask: The array.
    order: "F" counts down the columns (Airbus), "C" along the rows.)");
  module.def("decode_union", &decode_union, py::arg("texts"), py::arg("shape") = airbus_shape, py::kw_only(),
             py::arg("out") = py::none(),
             R"(All rows of one image -> (height, width) uint8 mask of the pixels in any of them.

Args:
    texts: Airbus texts; None, NaN and "" are no ship.
    shape: (height, width) in pixels.
    out: C-contiguous uint8 array of this shape to write into; untouched when a text is refused.

Raises:
    RleFormatError: A text is not a mask of this shape; the message begins with its index.)");
  module.def("decode_batch", &decode_batch, py::arg("rows"), py::arg("out"),
             R"(The rows of n images -> masks in the caller's (n, height, width) uint8 array.

Args:
    rows: For each image its texts, as for `decode_union`.
    out: C-contiguous uint8 array. Masks before a refused one are written, it and those behind it are not.

Raises:
    RleFormatError: A text is not a mask of this shape; the message begins with the indices.)");
}

}  // namespace shipedge
