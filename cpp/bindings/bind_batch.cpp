#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  clear(pixels, shape.pixels());
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
  ImageTexts(py::handle texts, std::string name) : name_(std::move(name)), keep_(as_tuple(texts, name_.c_str())) {
    texts_.reserve(keep_.size());
    for (std::size_t i = 0; i < keep_.size(); ++i) {
      located(i, [&] { texts_.push_back(as_row_text(PyTuple_GET_ITEM(keep_.ptr(), static_cast<Py_ssize_t>(i)))); });
    }
  }

  /// Appends the runs of each text. Needs no lock.
  void parse(Shape shape, RunBuffer& runs, Buffer<std::size_t>& ends) const {
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      located(i, [&] { parse_airbus(texts_[i], shape, runs); });
      ends.push(runs.size());
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }

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
  py::tuple keep_;
  std::vector<std::string_view> texts_;
};

/// Writes one mask per image to `out`, one after the other. All texts are read before the first pixel changes, so that
/// a refused one leaves the caller's masks alone. Needs no lock.
void decode_images(std::span<const ImageTexts> images, Shape shape, std::uint8_t* out) {
  thread_local RunBuffer runs;
  thread_local Buffer<std::size_t> ends;
  runs.clear();
  ends.clear();
  for (const ImageTexts& image : images) image.parse(shape, runs, ends);
  // One fill for all: a large one goes past the caches and does not read the memory first.
  if (!images.empty()) clear(out, shape.pixels() * images.size());
  const Run* first = runs.begin();
  const std::size_t* end = ends.begin();
  for (const ImageTexts& image : images) {
    for (std::size_t i = 0; i < image.size(); ++i, ++end) {  // each by itself: the runs of two texts may overlap
      const Run* const last = runs.begin() + *end;
      paint({first, last}, shape, out);
      first = last;
    }
    out += shape.pixels();
  }
}

py::array decode_union(const py::object& texts, const py::object& shape_like, const py::object& out) {
  const Shape shape = as_shape(shape_like);
  const ImageTexts held(texts, "texts");
  py::array mask = mask_or_new(out, shape);
  std::uint8_t* const pixels = pixels_of(mask);
  const py::gil_scoped_release nogil;
  decode_images({&held, 1}, shape, pixels);
  return mask;
}

void decode_batch(const py::object& rows, const py::object& out) {
  const py::array masks = as_mask_batch(out);
  const Shape shape = Shape::checked(masks.shape(1), masks.shape(2));
  const py::tuple images = as_tuple(rows, "rows");
  const auto count = static_cast<Py_ssize_t>(images.size());
  if (count != masks.shape(0)) {
    throw py::value_error("rows holds " + std::to_string(count) + " images, expected " +
                          std::to_string(masks.shape(0)) + " as out has");
  }
  std::vector<ImageTexts> held;
  held.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    held.emplace_back(PyTuple_GET_ITEM(images.ptr(), i), "rows[" + std::to_string(i) + "]");
  }
  std::uint8_t* const pixels = pixels_of(masks);
  const py::gil_scoped_release nogil;
  decode_images(held, shape, pixels);
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
    out: C-contiguous uint8 array; untouched when a text is refused.

Raises:
    RleFormatError: A text is not a mask of this shape; the message begins with the indices.)");
}

}  // namespace shipedge
