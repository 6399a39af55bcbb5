#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shipedge/buffer.hpp"
#include "shipedge/components.hpp"
#include "shipedge/labels.hpp"
#include "shipedge/mask.hpp"
#include "shipedge/overlap.hpp"
#include "shipedge/polygon.hpp"
#include "shipedge/rle.hpp"

/// The only place that checks what Python hands in: every complaint about an argument is made here. What other threads
/// or the caller's own code may change is copied, or read once: shape, strides and address of an array are taken
/// together, with no line of Python in between, and held as numbers. Pixels are never copied: kernels give some mask of
/// any bytes.
namespace shipedge {

namespace py = pybind11;

/// What Python calls a value, for messages: cut where it is long.
std::string shown_value(py::handle value);

/// True for column-major ("F"), false for row-major ("C").
bool is_column_major(py::handle order);

/// (height, width) as a tuple or any other sequence of two integers.
Shape as_shape(py::handle shape);

/// An integer argument; in messages it is called `name`, and counted from 1 if it is one of many.
std::int64_t as_integer(py::handle value, const char* name, std::optional<std::size_t> index = std::nullopt);

/// 0 to 4294967295 pixels.
std::uint32_t as_pixels(py::handle value, const char* name);

/// What Python calls the type of a value, without its module.
std::string type_name(py::handle object);

/// left, top, right, bottom as a sequence of integers: a box inside a mask of this shape.
Box as_box(py::handle bbox, Shape shape);

/// Pixels up and down, and left and right: one integer for both or (rows, columns).
struct Reach {
  std::uint32_t rows;
  std::uint32_t columns;
};
Reach as_reach(py::handle radius);

/// One integer of 1 or more for rows and columns, or (rows, columns) of them.
Reach as_step(py::handle step);

/// 4 or 8.
Connectivity as_connectivity(py::handle connectivity);

/// A mask and the array that keeps its pixels alive (the caller's own, or a bool copy of a wider dtype).
struct HeldMask {
  py::array array;
  MaskView view;
};

/// Any integer or bool array (height, width), any strides.
HeldMask as_mask(py::handle mask);

/// A label map and the array that keeps it alive (the caller's own, or a copy in this machine's byte order).
struct HeldLabels {
  py::array array;
  LabelView view;
  bool is_signed;

  /// The number that the bytes of a label stand for.
  [[nodiscard]] py::int_ shown(std::uint64_t label) const;
};

/// Any integer or bool array (height, width), any strides.
HeldLabels as_labels(py::handle labels);

/// A uint8 or float32 array of this shape, any strides.
py::array as_values(py::handle values, Shape shape);

/// Where a mask is written: the caller's array or a new one.
struct Canvas {
  py::array array;
  std::uint8_t* pixels;
  std::size_t size;  // of the pixels: the array may be given another shape while they are written
  bool is_clear;     // whether all pixels are known to be 0

  /// Sets all pixels to 0. Needs no lock.
  void clear() const noexcept;
};

/// A new array (height, width), or `out` if it is not None: C-contiguous writable uint8 of this shape.
Canvas as_canvas(py::handle out, Shape shape);

/// Where many masks are written, and what the array was when it was looked at.
struct MaskArray {
  py::array array;
  std::size_t count;
  Shape shape;
  std::uint8_t* pixels;

  /// ValueError unless `name` holds so many images.
  void expect_count(std::size_t images, const char* name) const;
};

/// A C-contiguous writable uint8 array (n, height, width).
MaskArray as_mask_batch(py::handle out);

/// How many threads may work, 1 to 256.
unsigned as_threads(py::handle threads);

/// The items of a list or other iterable, held so that no other thread can take them away; refuses strings.
py::tuple as_tuple(py::handle items, const char* name);

/// The characters of a str, which must outlive the result; FormatError for anything else.
std::string_view as_text(py::handle text);

/// The same where rows of a dataset are read: None and NaN are the empty text.
std::string_view as_row_text(py::handle text);

/// (n, 2) integers as start, length, start, length, ...
std::vector<std::int64_t> as_pairs(py::handle runs);

/// The characters of a str or bytes of COCO's compressed counts, which must outlive the result; nothing for other
/// types.
std::optional<std::string_view> as_compressed_counts(py::handle counts);

/// A sequence of integers.
std::vector<std::int64_t> as_counts(py::handle counts);

/// Masks that Python holds as Rle objects of one shape; `keep` keeps them alive.
struct HeldRles {
  py::tuple keep;
  std::vector<const Rle*> rles;
};

/// A sequence of Rle; FormatError where one differs from `shape` (nullptr: from the first one).
HeldRles as_rles(py::handle rles, const char* name, const Shape* shape);

/// The same without a rule for the shapes.
HeldRles as_rles_of_any_shape(py::handle rles, const char* name);

/// A mask that Python gave as an Rle, or as an array whose runs are made here.
class HeldRle {
 public:
  /// `keep` is kept alive; `rle` points into it, or is nullptr for `made`.
  HeldRle(py::object keep, const Rle* rle, Rle made) : keep_(std::move(keep)), given_(rle), made_(std::move(made)) {}
  [[nodiscard]] const Rle& operator*() const noexcept { return given_ != nullptr ? *given_ : made_; }

 private:
  py::object keep_;
  const Rle* given_;
  Rle made_;
};

/// An Rle or an array (height, width).
HeldRle as_rle(py::handle mask, const char* name);

/// The Rle that an object is; nullptr for any other type.
const Rle* rle_or_null(py::handle object);

/// FormatError unless both masks have one shape.
void expect_one_shape(const Rle& a, const Rle& b);

/// A finite number.
double as_number(py::handle value, const char* name);

/// One flag for each of `count` items, 0 or 1; none for None.
std::vector<std::uint8_t> as_flags(py::handle flags, const char* name, std::size_t count);

/// Polygons and the arrays that keep their points alive.
struct HeldPolygons {
  std::vector<py::array> keep;
  std::vector<Polygon> polygons;
};

/// A sequence of (n, 2) numbers: x, y.
HeldPolygons as_polygons(py::handle polygons);

/// Whether polygons are filled together or each by itself.
FillRule as_fill_rule(py::handle rule);

/// Whose a pixel of several masks is: "error", "first", "last" or "larger".
Overlap as_overlap(py::handle overlap);

/// A list of new Rle objects.
py::list as_list(std::vector<Rle> rles);

/// The argument, which must be an array.
py::array as_array(py::handle object, const char* name, const char* expected);

/// A copy of an array as another dtype, by NumPy and not by what a subclass calls astype.
py::array converted(const py::array& array, py::dtype dtype);

/// Shape and dtype of an array for messages.
std::string shown_shape(const py::array& array);
std::string shown_dtype(const py::array& array);

/// "(height, width)" for messages.
std::string shown(Shape shape);

/// A str of ASCII characters.
py::str ascii(const char* text, std::size_t size);

/// The runs as an Airbus str.
py::str airbus_text(Runs runs);

/// This thread's run memory, emptied.
RunBuffer& scratch_runs();

}  // namespace shipedge
