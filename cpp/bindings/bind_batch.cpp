#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "fork_lock.hpp"
#include "numpy_io.hpp"
#include "shipedge/batch.hpp"
#include "shipedge/error.hpp"
#include "shipedge/text.hpp"
#include "unlocked.hpp"

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
  const Unlocked nogil;
  return work();
}

py::array decode(const py::object& text, const py::object& shape_like, const py::object& order, const py::object& out) {
  const Shape shape = as_shape(shape_like);
  const bool column_major = is_column_major(order);
  const std::string_view characters = as_text(text);
  Canvas canvas = as_canvas(out, shape);
  const Unlocked nogil;
  RunBuffer& runs = scratch_runs();
  parse_into(runs, characters, shape, column_major);
  canvas.clear();
  if (column_major) {
    paint(runs, shape, canvas.pixels);
  } else {
    paint_row_major(runs, canvas.pixels);
  }
  return std::move(canvas.array);
}

py::str encode_text(const py::object& mask, const py::object& order) {
  const bool column_major = is_column_major(order);
  const HeldMask held = as_mask(mask);
  RunBuffer& runs = scratch_runs();
  {
    const Unlocked nogil;
    encode(column_major ? held.view : held.view.transposed(), runs);
  }
  return airbus_text(runs);
}

/// Texts of images, kept alive while the lock is released.
class HeldTexts {
 public:
  /// `name` is what complaints call the list.
  void add(py::handle list, const std::string& name) {
    const py::tuple& items = keep_.emplace_back(as_tuple(list, name.c_str()));
    for (std::size_t i = 0; i < items.size(); ++i) {
      try {
        texts_.push_back(as_row_text(PyTuple_GET_ITEM(items.ptr(), static_cast<Py_ssize_t>(i))));
      } catch (const FormatError& error) {
        throw FormatError(name + "[" + std::to_string(i) + "]: " + error.what());
      }
    }
    ends_.push_back(texts_.size());
  }

  [[nodiscard]] ImageRows rows() const noexcept { return {texts_, ends_}; }

 private:
  std::vector<py::tuple> keep_;
  std::vector<std::string_view> texts_;
  std::vector<std::size_t> ends_;
};

/// The rows of many images.
HeldTexts as_rows(py::handle rows) {
  const py::tuple images = as_tuple(rows, "rows");
  HeldTexts held;
  for (std::size_t i = 0; i < images.size(); ++i) {
    held.add(PyTuple_GET_ITEM(images.ptr(), static_cast<Py_ssize_t>(i)), "rows[" + std::to_string(i) + "]");
  }
  return held;
}

py::array decode_union(const py::object& texts, const py::object& shape_like, const py::object& out) {
  const Shape shape = as_shape(shape_like);
  HeldTexts held;
  held.add(texts, "texts");
  Canvas canvas = as_canvas(out, shape);
  const Unlocked nogil;
  RunBuffer& runs = scratch_runs();
  thread_local Buffer<std::size_t> ends;
  ends.clear();
  parse_texts(held.rows().texts, shape, "texts", runs, ends);
  canvas.clear();
  const Run* first = runs.begin();
  for (const std::size_t end : ends) {  // each by itself: the runs of two texts may overlap
    const Run* const last = runs.begin() + end;
    paint({first, last}, shape, canvas.pixels);
    first = last;
  }
  return std::move(canvas.array);
}

/// The caller's array and what was painted into it.
class MaskBatch {
 public:
  MaskBatch(const py::object& out, unsigned threads)
      : masks_(as_mask_batch(out)), painter_(masks_.shape, masks_.count, masks_.pixels, threads) {}

  py::array paint(const py::object& rows) {
    const HeldTexts held = as_rows(rows);  // runs the caller's code, which may change the array: looked at afterwards
    const MaskArray now = as_mask_batch(masks_.array);
    if (now.shape != masks_.shape || now.count != masks_.count || now.pixels != masks_.pixels) {
      throw py::value_error("out changed its shape or memory after it was passed, expected (" +
                            std::to_string(masks_.count) + ", " + std::to_string(masks_.shape.height) + ", " +
                            std::to_string(masks_.shape.width) + ") as before");
    }
    masks_.expect_count(held.rows().ends.size(), "rows");
    if (!paint_unlocked(held.rows())) {
      throw py::value_error("this MaskBatch was painted by a thread when the process was forked, expected a new one");
    }
    return masks_.array;
  }

 private:
  bool paint_unlocked(const ImageRows& rows) {
    const Unlocked nogil;  // before the lock, or two threads could wait for each other
    if (!lock_.lock()) return false;
    const std::lock_guard held(lock_, std::adopt_lock);
    painter_.paint(rows);
    return true;
  }

  MaskArray masks_;
  BatchPainter painter_;
  ForkLock lock_;
};

void decode_batch(const py::object& rows, const py::object& out, const py::object& threads) {
  MaskBatch(out, as_threads(threads)).paint(rows);
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
  module.def("decode_batch", &decode_batch, py::arg("rows"), py::arg("out"), py::arg("threads") = 1,
             R"(The rows of n images -> masks in the caller's (n, height, width) uint8 array.

Args:
    rows: For each image its texts, as for `decode_union`.
    out: C-contiguous uint8 array; untouched when a text is refused.
    threads: How many share the images out among them, 1 to 256.

Raises:
    RleFormatError: A text is not a mask of this shape; the message begins with the indices.)");
  py::class_<MaskBatch> batch(module, "MaskBatch", py::is_final(),
                              R"(Masks of batch after batch in one array, of which only what was painted is erased.

Args:
    out: C-contiguous uint8 array (n, height, width) to paint into. The first `paint` sets every pixel; after it only
        this object may write there: pixels that others set stay.
    threads: How many share the images out among them, 1 to 256.)");
  batch.attr("__module__") = "shipedge.rle";
  batch
      .def(py::init([](const py::object& out, const py::object& threads) {
             const unsigned count = as_threads(threads);  // runs the caller's code, so before the array is looked at
             return std::make_unique<MaskBatch>(out, count);
           }),
           py::arg("out"), py::arg("threads") = 1)
      .def("paint", &MaskBatch::paint, py::arg("rows"),
           R"(Replaces the masks with those of n images and returns the array.

Args:
    rows: For each image its texts, as for `decode_union`.

Raises:
    RleFormatError: A text is not a mask of this shape; the message begins with the indices, the masks stay.)");
}

}  // namespace shipedge
