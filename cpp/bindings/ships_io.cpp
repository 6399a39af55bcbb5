#include "ships_io.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "unlocked.hpp"

namespace shipedge {
namespace {

constexpr std::int64_t kOut = std::int64_t{1} << 40;  // of any frame, and sums with a side stay in 64 bits

/// Five float64 numbers, copied.
std::array<double, 5> as_five(py::handle numbers, const char* name, const char* expected) {
  const auto array =
      guarded([&] { return py::array_t<double, py::array::c_style | py::array::forcecast>::ensure(numbers); });
  if (!array) {
    PyErr_Clear();
    throw py::type_error(std::string(name) + " is " + shown_value(numbers) + ", expected " + expected);
  }
  if (array.ndim() != 1 || array.shape(0) != 5) {
    throw py::value_error(std::string(name) + " has shape " + shown_shape(array) + ", expected " + expected);
  }
  std::array<double, 5> five;
  std::copy_n(array.data(), five.size(), five.begin());
  return five;
}

}  // namespace

std::uint8_t as_byte(py::handle value, const char* name) {
  const std::int64_t number = as_integer(value, name);
  if (number < 0 || number > 255) {
    throw py::value_error(std::string(name) + " is " + std::to_string(number) + ", expected 0 to 255");
  }
  return static_cast<std::uint8_t>(number);
}

HeldMask as_bytes(py::handle object, const char* name) {
  py::array array = as_array(object, name, "a NumPy array (height, width)");
  if (array.dtype().kind() != 'u' || array.itemsize() != 1) {
    throw py::type_error(std::string(name) + " has dtype " + shown_dtype(array) + ", expected uint8");
  }
  if (array.ndim() != 2) {
    throw py::value_error(std::string(name) + " has shape " + shown_shape(array) + ", expected (height, width)");
  }
  const Shape shape = Shape::checked(array.shape(0), array.shape(1));
  const MaskView view{static_cast<const std::uint8_t*>(array.data()), shape, array.strides(0), array.strides(1)};
  return {std::move(array), view};
}

HeldMask as_presence(py::handle presence, Shape frame) {
  HeldMask held = as_bytes(presence, "presence");
  const Shape cells{(frame.height + kCell - 1) / kCell, (frame.width + kCell - 1) / kCell};
  if (held.view.shape != cells) {
    throw py::value_error("presence has shape " + shown(held.view.shape) + ", expected " + shown(cells) +
                          ", a cell for each 32x32 pixels of the frame");
  }
  return held;
}

HeldWindows as_windows(py::handle windows) {
  HeldWindows held;
  const py::tuple items = as_tuple(windows, "windows");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string name = "windows[" + std::to_string(i) + "]";
    const py::tuple item = as_tuple(PyTuple_GET_ITEM(items.ptr(), static_cast<Py_ssize_t>(i)), name.c_str());
    if (item.size() != 3) {
      throw py::value_error(name + " has " + std::to_string(item.size()) + " items, expected (top, left, probability)");
    }
    const auto place = [&](Py_ssize_t which, const char* side) {
      return std::clamp(as_integer(PyTuple_GET_ITEM(item.ptr(), which), (name + "." + side).c_str()), -kOut, kOut);
    };
    HeldMask pixels = as_bytes(PyTuple_GET_ITEM(item.ptr(), 2), (name + ".probability").c_str());
    held.windows.push_back({place(0, "top"), place(1, "left"), pixels.view});
    held.keep.push_back(std::move(pixels.array));
  }
  return held;
}

HeldFrame as_frame(py::handle pixels) {
  py::array array = as_array(pixels, "pixels", "a uint8 array (height, width, 3)");
  if (array.ndim() != 3 || array.shape(2) != 3 || array.dtype().kind() != 'u' || array.itemsize() != 1) {
    throw py::value_error("pixels are " + shown_dtype(array) + " " + shown_shape(array) +
                          ", expected uint8 (height, width, 3)");
  }
  const auto without_gaps = [](const py::array& a) { return a.strides(2) == 1 && a.strides(1) == 3; };
  if (!without_gaps(array)) {
    array = guarded([&] { return py::array_t<std::uint8_t, py::array::c_style | py::array::forcecast>(array); });
  }
  const Shape shape = Shape::checked(array.shape(0), array.shape(1));
  const std::ptrdiff_t stride = array.strides(0);
  const auto* const data = static_cast<const std::uint8_t*>(array.data());
  return {std::move(array), {data, shape, stride}};
}

Rectangle as_rectangle(py::handle rectangle) {
  const auto [x, y, length, width, angle] = as_five(rectangle, "rectangle", "(x, y, length, width, angle)");
  const auto fits = [](double value) { return std::abs(value) <= kFarthest; };  // false for NaN
  if (!fits(x) || !fits(y) || !fits(length) || !fits(width) || !fits(angle) || length <= 0 || width <= 0) {
    throw py::value_error("rectangle is " + shown_value(rectangle) +
                          ", expected finite numbers up to 2^36, and a length and width over 0");
  }
  return {x, y, length, width, angle};
}

Correction as_correction(py::handle said) {
  const Correction numbers = as_five(said, "said", "five numbers from 0 to 1");
  if (std::ranges::all_of(numbers, [](double value) { return value >= 0 && value <= 1; })) return numbers;
  throw py::value_error("said is " + shown_value(said) + ", expected five numbers from 0 to 1");
}

py::array_t<double> to_array(const Rectangle& rectangle) {
  py::array_t<double> array(5);
  double* const out = array.mutable_data();
  const auto& [x, y, length, width, angle] = rectangle;
  const std::array<double, 5> numbers{x, y, length, width, angle};
  std::ranges::copy(numbers, out);
  return array;
}

}  // namespace shipedge
