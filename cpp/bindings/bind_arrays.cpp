#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/mask.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

/// np.asarray(rle): people expect the mask.
py::object as_numpy(const Rle& rle, const py::object& dtype, const py::object& copy) {
  if (copy.ptr() == Py_False) throw py::value_error("copy is False, but the pixels of an Rle are made when asked for");
  Canvas canvas = as_canvas(py::none(), rle.shape());
  {
    const Unlocked nogil;
    canvas.clear();
    paint(rle.runs(), rle.shape(), canvas.pixels);
  }
  if (dtype.is_none()) return std::move(canvas.array);
  return canvas.array.attr("astype")(dtype);
}

/// The bytes of a number in an array of this dtype; ValueError where it does not fit.
std::vector<std::byte> bytes_of(py::handle value, const py::array& array) {
  const char kind = array.dtype().kind();
  const auto size = static_cast<std::size_t>(array.itemsize());
  std::vector<std::byte> bytes(size);
  if (kind == 'f') {
    const double wide = as_number(value, "value");
    const auto narrow = static_cast<float>(wide);
    std::memcpy(bytes.data(), size == 4 ? static_cast<const void*>(&narrow) : &wide, size);
    return bytes;
  }
  const std::int64_t number = as_integer(value, "value");
  const std::size_t bits = kind == 'b' ? 1 : 8 * size;
  const bool is_signed = kind == 'i';
  const std::int64_t low = is_signed ? std::numeric_limits<std::int64_t>::min() >> (64 - bits) : 0;
  const std::int64_t high =
      std::numeric_limits<std::int64_t>::max() >> (bits == 64 ? 0 : 63 - bits + (is_signed ? 1 : 0));
  if (number < low || number > high) {
    throw py::value_error("value is " + std::to_string(number) + ", the array has dtype " + shown_dtype(array));
  }
  // The lowest bytes of the number, wherever this machine has them.
  const auto* from = reinterpret_cast<const std::byte*>(&number);
  std::memcpy(bytes.data(), std::endian::native == std::endian::little ? from : from + 8 - size, size);
  return bytes;
}

/// The bytes of one pixel: one number for all channels, or one for each.
std::vector<std::byte> pixel_of(const py::object& value, const py::array& array) {
  const auto channels = static_cast<std::size_t>(array.ndim() == 3 ? array.shape(2) : 1);
  std::vector<std::byte> pixel;
  if (array.ndim() == 2 || PySequence_Check(value.ptr()) == 0) {
    const std::vector<std::byte> one = bytes_of(value, array);
    for (std::size_t i = 0; i < channels; ++i) pixel.insert(pixel.end(), one.begin(), one.end());
    return pixel;
  }
  const py::tuple items = as_tuple(value, "value");
  if (items.size() != channels) {
    throw py::value_error("value holds " + std::to_string(items.size()) + " numbers, expected " +
                          std::to_string(channels) + " as the array has channels");
  }
  for (const py::handle item : items) {
    const std::vector<std::byte> one = bytes_of(item, array);
    pixel.insert(pixel.end(), one.begin(), one.end());
  }
  return pixel;
}

py::array paint_into(const Rle& rle, const py::object& target, const py::object& value) {
  py::array array = as_array(target, "array", "a NumPy array (height, width) or (height, width, channels)");
  const std::string dtype = shown_dtype(array);
  const char kind = array.dtype().kind();
  const bool is_float = kind == 'f' && (array.itemsize() == 4 || array.itemsize() == 8);
  if ((kind != 'b' && kind != 'i' && kind != 'u' && !is_float) || !array.dtype().attr("isnative").cast<bool>()) {
    throw py::type_error("array has dtype " + dtype + ", expected bool, integers, float32 or float64");
  }
  const std::vector<std::byte> pixel =
      pixel_of(value, array);  // may run the caller's code: the array is looked at after
  const bool is_colored = array.ndim() == 3;
  const Shape shape = rle.shape();
  if (shown_dtype(array) != dtype || (array.ndim() != 2 && !is_colored) || array.shape(0) != shape.height ||
      array.shape(1) != shape.width ||
      (is_colored && array.shape(2) * array.itemsize() != static_cast<py::ssize_t>(pixel.size()))) {
    throw py::value_error("array has shape " + shown_shape(array) + ", expected " + shown(shape) + " or (" +
                          std::to_string(shape.height) + ", " + std::to_string(shape.width) + ", channels)");
  }
  if (!array.writeable()) throw py::value_error("array is read-only, expected a writable array");
  auto* const data = static_cast<std::byte*>(array.mutable_data());
  const py::ssize_t down = array.strides(0);
  const py::ssize_t right = array.strides(1);
  const auto item = static_cast<std::size_t>(array.itemsize());
  const py::ssize_t between = is_colored ? array.strides(2) : array.itemsize();
  const Unlocked nogil;
  if (between == static_cast<py::ssize_t>(item)) {
    fill(rle, data, down, right, pixel);
  } else {  // channels that do not lie side by side, one by one
    for (std::size_t i = 0; i < pixel.size() / item; ++i) {
      fill(rle, data + static_cast<py::ssize_t>(i) * between, down, right, std::span(pixel).subspan(i * item, item));
    }
  }
  return array;
}

py::list from_masks(const py::object& masks) {
  py::array array = as_array(masks, "masks", "a NumPy array (n, height, width)");
  const char kind = array.dtype().kind();
  if (kind != 'b' && kind != 'i' && kind != 'u') {
    throw py::type_error("masks have dtype " + shown_dtype(array) +
                         ", expected integers or bool (compare probabilities with a threshold first)");
  }
  if (array.itemsize() != 1) array = converted(array, py::dtype::of<bool>());
  if (array.ndim() != 3) {
    throw py::value_error("masks have shape " + shown_shape(array) + ", expected (n, height, width)");
  }
  const Shape shape = Shape::checked(array.shape(1), array.shape(2));
  const auto count = static_cast<std::size_t>(array.shape(0));
  const py::ssize_t step = array.strides(0);
  const MaskView first{static_cast<const std::uint8_t*>(array.data()), shape, array.strides(1), array.strides(2)};
  std::vector<Rle> rles;
  {
    const Unlocked nogil;
    rles.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      MaskView view = first;
      view.data += static_cast<py::ssize_t>(i) * step;
      RunBuffer& runs = scratch_runs();
      encode(view, runs);
      rles.push_back(Rle::trusted(shape, {runs.begin(), runs.end()}));
    }
  }
  return as_list(std::move(rles));
}

py::array to_masks(const py::object& rles, const py::object& shape_like, const py::object& out) {
  const Shape shape = as_shape(shape_like);
  const HeldRles held = as_rles(rles, "rles", &shape);
  py::object given = out;
  if (out.is_none()) {
    const std::array<py::ssize_t, 3> sides{static_cast<py::ssize_t>(held.rles.size()),
                                           static_cast<py::ssize_t>(shape.height),
                                           static_cast<py::ssize_t>(shape.width)};
    given = py::array_t<std::uint8_t>(sides);
  }
  MaskArray masks = as_mask_batch(given);
  if (masks.count != held.rles.size() || masks.shape != shape) {
    throw py::value_error("out has shape " + shown_shape(masks.array) + ", expected (" +
                          std::to_string(held.rles.size()) + ", " + std::to_string(shape.height) + ", " +
                          std::to_string(shape.width) + ")");
  }
  const Unlocked nogil;
  std::uint8_t* pixels = masks.pixels;
  for (const Rle* rle : held.rles) {
    clear(pixels, shape.pixels());
    paint(rle->runs(), shape, pixels);
    pixels += shape.pixels();
  }
  return std::move(masks.array);
}

}  // namespace

void bind_arrays(py::class_<Rle>& cls) {
  cls.def("__array__", &as_numpy, py::arg("dtype") = py::none(), py::arg("copy") = py::none(),
          "What np.asarray gives: the (height, width) mask, uint8 of 0 and 1 unless a dtype is asked for.")
      .def("paint", &paint_into, py::arg("array"), py::arg("value"),
           R"(Sets the mask's pixels of an array to a value, in place, leaves the others alone, and returns the array.

Args:
    array: (height, width) or (height, width, channels) of bool, integers, float32 or float64, any strides.
    value: A number that the array can hold, or one for each channel.)");
}

void bind_mask_batches(py::module_& module) {
  module.def("from_masks", &from_masks, py::arg("masks"),
             "An Rle of each mask in a (n, height, width) integer or bool array of any strides; non-zero means ship.");
  module.def("to_masks", &to_masks, py::arg("rles"), py::arg("shape"), py::arg("out") = py::none(),
             R"(Masks as a (n, height, width) uint8 array of 0 and 1, C order.

Args:
    rles: n masks of this shape.
    shape: (height, width) in pixels.
    out: C-contiguous uint8 array of that shape to write into.)");
}

}  // namespace shipedge
