#include "numpy_io.hpp"

#include <cmath>
#include <cstring>

#include "mask_pool.hpp"
#include "shipedge/error.hpp"
#include "shipedge/text.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

std::uint8_t* pixels_of(const py::array& mask) { return static_cast<std::uint8_t*>(const_cast<void*>(mask.data())); }

/// What decode may write into; the shape is the caller's to compare.
py::array as_output(py::handle out, const char* expected) {
  py::array array = as_array(out, "out", expected);
  if (array.dtype().kind() != 'u' || array.itemsize() != 1) {
    throw py::type_error("out has dtype " + shown_dtype(array) + ", expected uint8");
  }
  if (!array.writeable()) throw py::value_error("out is read-only, expected a writable array");
  if ((array.flags() & py::array::c_style) == 0) {
    throw py::value_error("out is not C-contiguous, expected rows one after the other in memory");
  }
  return array;
}

}  // namespace

std::string type_name(py::handle object) {
  const std::string name = Py_TYPE(object.ptr())->tp_name;
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

py::array as_array(py::handle object, const char* name, const char* expected) {
  if (!py::isinstance<py::array>(object)) {
    throw py::type_error(std::string(name) + " is of type " + type_name(object) + ", expected " + expected);
  }
  return py::reinterpret_borrow<py::array>(object);
}

std::string shown_value(py::handle value) {
  constexpr Py_ssize_t kMost = 100;
  auto text = py::reinterpret_borrow<py::object>(value);
  const bool long_text = PyUnicode_Check(value.ptr()) != 0 && PyUnicode_GET_LENGTH(value.ptr()) > kMost;
  if (long_text) text = py::reinterpret_steal<py::object>(PyUnicode_Substring(value.ptr(), 0, kMost));
  if (text) text = py::reinterpret_steal<py::object>(guarded([&] { return PyObject_Repr(text.ptr()); }));
  if (!text) {  // an integer of thousands of digits, or a class of the caller that cannot be shown
    PyErr_Clear();
    return "a value of type " + type_name(value);
  }
  if (PyUnicode_GET_LENGTH(text.ptr()) <= kMost) return text.cast<std::string>() + (long_text ? "..." : "");
  return py::reinterpret_steal<py::object>(PyUnicode_Substring(text.ptr(), 0, kMost)).cast<std::string>() + "...";
}

std::string shown_shape(const py::array& array) { return py::str(array.attr("shape")).cast<std::string>(); }

std::string shown_dtype(const py::array& array) { return py::str(array.dtype()).cast<std::string>(); }

py::array converted(const py::array& array, py::dtype dtype) {
  const auto& numpy = py::detail::npy_api::get();
  constexpr int kFlags = py::detail::npy_api::NPY_ARRAY_FORCECAST_ | py::detail::npy_api::NPY_ARRAY_ENSUREARRAY_;
  PyObject* const wanted = dtype.release().ptr();
  auto made = py::reinterpret_steal<py::array>(
      guarded([&] { return numpy.PyArray_FromAny_(array.ptr(), wanted, 0, 0, kFlags, nullptr); }));
  if (!made) throw py::error_already_set();
  return made;
}

std::int64_t as_integer(py::handle value, const char* name, std::optional<std::size_t> index) {
  int overflow = 0;
  if (PyLong_CheckExact(value.ptr()) != 0) {  // nearly always, and without a name for it
    const long long converted = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow == 0) return converted;
  }
  const auto shown_name = [&] { return index ? name + (" " + std::to_string(*index + 1)) : std::string(name); };
  const auto number = py::reinterpret_steal<py::object>(guarded([&] { return PyNumber_Index(value.ptr()); }));
  if (!number) {
    PyErr_Clear();
    throw py::type_error(shown_name() + " is of type " + type_name(value) + ", expected an integer");
  }
  const long long converted = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow != 0) {
    throw FormatError(shown_name() + " needs more than 64 bits, expected less than 4294967296");
  }
  return converted;
}

std::string shown(Shape shape) { return "(" + std::to_string(shape.height) + ", " + std::to_string(shape.width) + ")"; }

bool is_column_major(py::handle order) {
  if (PyUnicode_Check(order.ptr()) != 0) {
    if (PyUnicode_CompareWithASCIIString(order.ptr(), "F") == 0) return true;
    if (PyUnicode_CompareWithASCIIString(order.ptr(), "C") == 0) return false;
  }
  throw py::value_error("order is " + shown_value(order) +
                        ", expected 'F' (column-major, as Airbus writes) or 'C' (row-major)");
}

Shape as_shape(py::handle shape) {
  if (PyTuple_CheckExact(shape.ptr()) == 0 || PyTuple_GET_SIZE(shape.ptr()) != 2) {
    if (PyUnicode_Check(shape.ptr()) != 0 || PySequence_Check(shape.ptr()) == 0 ||
        guarded([&] { return PySequence_Size(shape.ptr()); }) != 2) {
      PyErr_Clear();
      throw py::type_error("shape is " + shown_value(shape) + ", expected (height, width)");
    }
  }
  const auto side = [&](Py_ssize_t i, const char* name) -> std::int64_t {
    if (PyTuple_CheckExact(shape.ptr()) != 0) return as_integer(PyTuple_GET_ITEM(shape.ptr(), i), name);
    const auto item = py::reinterpret_steal<py::object>(guarded([&] { return PySequence_GetItem(shape.ptr(), i); }));
    if (!item) throw py::error_already_set();
    return as_integer(item, name);
  };
  const std::int64_t height = side(0, "height");
  return Shape::checked(height, side(1, "width"));
}

HeldMask as_mask(py::handle mask) {
  py::array array = as_array(mask, "mask", "a NumPy array (height, width)");
  const char kind = array.dtype().kind();
  if (kind != 'b' && kind != 'i' && kind != 'u') {
    throw py::type_error("mask has dtype " + shown_dtype(array) +
                         ", expected integers or bool (compare probabilities with a threshold first)");
  }
  if (array.itemsize() != 1) array = converted(array, py::dtype::of<bool>());  // a byte per pixel
  if (array.ndim() != 2) {
    throw py::value_error("mask has shape " + shown_shape(array) + ", expected (height, width)");
  }
  const Shape shape = Shape::checked(array.shape(0), array.shape(1));
  const auto* data = static_cast<const std::uint8_t*>(array.data());
  const MaskView view{data, shape, array.strides(0), array.strides(1)};
  return {std::move(array), view};
}

py::array as_values(py::handle values, Shape shape) {
  py::array array = as_array(values, "values", "a NumPy array (height, width)");
  const bool is_uint8 = array.dtype().kind() == 'u' && array.itemsize() == 1;
  if (!is_uint8 && !py::isinstance<py::array_t<float>>(array)) {
    throw py::type_error("values have dtype " + shown_dtype(array) + ", expected uint8 or float32");
  }
  if (array.ndim() != 2 || array.shape(0) != shape.height || array.shape(1) != shape.width) {
    throw py::value_error("values have shape " + shown_shape(array) + ", expected " + shown(shape));
  }
  return array;
}

void Canvas::clear() const noexcept {
  if (!is_clear) shipedge::clear(pixels, size);
}

Canvas as_canvas(py::handle out, Shape shape) {
  if (out.is_none()) {
    PooledMask fresh = new_mask(shape);
    return {std::move(fresh.array), fresh.pixels, shape.pixels(), fresh.is_clear};
  }
  py::array array = as_output(out, "a NumPy array (height, width)");
  if (array.ndim() != 2 || array.shape(0) != shape.height || array.shape(1) != shape.width) {
    throw py::value_error("out has shape " + shown_shape(array) + ", expected " + shown(shape));
  }
  std::uint8_t* const pixels = pixels_of(array);
  return {std::move(array), pixels, shape.pixels(), false};
}

MaskArray as_mask_batch(py::handle out) {
  py::array array = as_output(out, "a NumPy array (n, height, width)");
  if (array.ndim() != 3) throw py::value_error("out has shape " + shown_shape(array) + ", expected (n, height, width)");
  const Shape shape = Shape::checked(array.shape(1), array.shape(2));
  const auto count = static_cast<std::size_t>(array.shape(0));
  std::uint8_t* const pixels = pixels_of(array);
  return {std::move(array), count, shape, pixels};
}

void MaskArray::expect_count(std::size_t images, const char* name) const {
  if (images == count) return;
  throw py::value_error(std::string(name) + " holds " + std::to_string(images) + " images, expected " +
                        std::to_string(count) + " as out has");
}

unsigned as_threads(py::handle threads) {
  const std::int64_t count = as_integer(threads, "threads");
  if (count < 1 || count > 256) throw py::value_error("threads is " + std::to_string(count) + ", expected 1 to 256");
  return static_cast<unsigned>(count);
}

py::tuple as_tuple(py::handle items, const char* name) {
  if (PyUnicode_Check(items.ptr()) != 0 || PyBytes_Check(items.ptr()) != 0) {
    throw py::type_error(std::string(name) + " is one string, expected a list");
  }
  if (PySequence_Check(items.ptr()) == 0 && Py_TYPE(items.ptr())->tp_iter == nullptr) {
    throw py::type_error(std::string(name) + " is of type " + type_name(items) + ", expected a list");
  }
  auto tuple = py::reinterpret_steal<py::tuple>(guarded([&] { return PySequence_Tuple(items.ptr()); }));
  if (!tuple) throw py::error_already_set();
  return tuple;
}

std::vector<std::int64_t> as_pairs(py::handle runs) {
  if (rle_or_null(runs) != nullptr) throw py::type_error("runs is an Rle, expected (n, 2) integers, as its runs are");
  // Not numpy.asarray: an import runs Python code.
  const auto given = py::reinterpret_borrow<py::object>(runs);
  const py::array array = guarded([&] { return py::array(given); });
  if (array.size() == 0) return {};
  const char kind = array.dtype().kind();
  if (kind != 'i' && kind != 'u') {
    throw py::type_error("runs have dtype " + shown_dtype(array) + ", expected (n, 2) integers: start, length");
  }
  if (array.ndim() != 2 || array.shape(1) != 2) {
    throw py::value_error("runs have shape " + shown_shape(array) + ", expected (n, 2) integers: start, length");
  }
  const auto wide =
      guarded([&] { return py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>(array); });
  return {wide.data(), wide.data() + wide.size()};
}

std::vector<std::int64_t> as_counts(py::handle counts) {
  const py::tuple items = as_tuple(counts, "counts");
  std::vector<std::int64_t> numbers;
  numbers.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    numbers.push_back(as_integer(PyTuple_GET_ITEM(items.ptr(), static_cast<Py_ssize_t>(i)), "count", i));
  }
  return numbers;
}

std::vector<std::uint8_t> as_flags(py::handle flags, const char* name, std::size_t count) {
  if (flags.is_none()) return {};
  const auto given = py::reinterpret_borrow<py::object>(flags);
  const py::array array = guarded([&] { return py::array(given); });
  const char kind = array.dtype().kind();
  if (array.size() != 0 && kind != 'b' && kind != 'i' && kind != 'u') {
    throw py::type_error(std::string(name) + " has dtype " + shown_dtype(array) + ", expected bool");
  }
  const auto truth = guarded([&] { return py::array_t<bool, py::array::c_style | py::array::forcecast>(array); });
  if (truth.ndim() != 1 || static_cast<std::size_t>(truth.size()) != count) {
    throw py::value_error(std::string(name) + " has shape " + shown_shape(truth) + ", expected (" +
                          std::to_string(count) + ",)");
  }
  return {truth.data(), truth.data() + count};
}

double as_number(py::handle value, const char* name) {
  const double number = guarded([&] { return PyFloat_AsDouble(value.ptr()); });
  if (number == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    throw py::type_error(std::string(name) + " is " + shown_value(value) + ", expected a number");
  }
  if (!std::isfinite(number)) {
    throw py::value_error(std::string(name) + " is " + shown_value(value) + ", expected a finite number");
  }
  return number;
}

RunBuffer& scratch_runs() {
  thread_local RunBuffer runs;
  runs.clear();
  return runs;
}

}  // namespace shipedge
