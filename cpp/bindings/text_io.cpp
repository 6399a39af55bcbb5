#include <cmath>
#include <cstring>
#include <string>

#include "numpy_io.hpp"
#include "shipedge/error.hpp"
#include "shipedge/text.hpp"
#include "unlocked.hpp"

/// The part of numpy_io.hpp that is about texts.
namespace shipedge {

std::string_view as_text(py::handle text) {
  PyObject* object = text.ptr();
  if (PyUnicode_Check(object) != 0) {
    if (PyUnicode_IS_COMPACT_ASCII(object)) {
      return {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(object)),
              static_cast<std::size_t>(PyUnicode_GET_LENGTH(object))};
    }
    Py_ssize_t size = 0;
    if (const char* bytes = PyUnicode_AsUTF8AndSize(object, &size)) return {bytes, static_cast<std::size_t>(size)};
    PyErr_Clear();  // lone surrogates
    throw FormatError("text holds characters that are not ASCII, expected digits and spaces");
  }
  if (text.is_none() || PyFloat_Check(object) != 0) {
    throw FormatError("text is " + shown_value(text) + ", expected a string of runs (\"\" is the empty mask)");
  }
  throw FormatError("text is of type " + type_name(text) + ", expected a string of runs");
}

std::string_view as_row_text(py::handle text) {
  const auto is_na = [&] {  // pandas.NA, of which there is one
    return std::string_view(Py_TYPE(text.ptr())->tp_name).ends_with("NAType") &&
           py::str(py::type::handle_of(text).attr("__module__")).cast<std::string>().starts_with("pandas.");
  };
  if (PyUnicode_Check(text.ptr()) != 0) return as_text(text);
  if (is_na()) return {};
  if (text.is_none() || (PyFloat_Check(text.ptr()) != 0 && std::isnan(PyFloat_AS_DOUBLE(text.ptr())))) return {};
  return as_text(text);
}

std::optional<std::string_view> as_compressed_counts(py::handle counts) {
  PyObject* object = counts.ptr();
  if (PyBytes_Check(object) != 0) {
    return std::string_view(PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object)));
  }
  if (PyUnicode_Check(object) == 0) return std::nullopt;
  Py_ssize_t size = 0;
  if (const char* bytes = PyUnicode_AsUTF8AndSize(object, &size)) {
    return std::string_view(bytes, static_cast<std::size_t>(size));
  }
  PyErr_Clear();  // lone surrogates
  throw FormatError("counts hold characters that are not ASCII, expected '0' to 'o'");
}

py::str ascii(const char* text, std::size_t size) {
  auto made = py::reinterpret_steal<py::str>(PyUnicode_New(static_cast<Py_ssize_t>(size), 127));
  if (!made) throw py::error_already_set();
  std::memcpy(PyUnicode_1BYTE_DATA(made.ptr()), text, size);
  return made;
}

py::str airbus_text(Runs runs) {
  constexpr std::size_t kOnStack = 512;
  if (runs.size() <= kOnStack) {
    char text[airbus_bound(kOnStack)];
    return ascii(text, format_airbus(runs, text));
  }
  // Long texts are written where they stay: no number has more digits than the last position.
  const std::size_t digits = std::to_string(runs.back().end()).size();
  PyObject* text = PyUnicode_New(static_cast<Py_ssize_t>(runs.size() * 2 * (digits + 1) + kAirbusSlack), 127);
  if (text == nullptr) throw py::error_already_set();
  std::size_t size = 0;
  {
    const Unlocked nogil;
    size = format_airbus(runs, reinterpret_cast<char*>(PyUnicode_1BYTE_DATA(text)));
  }
  if (PyUnicode_Resize(&text, static_cast<Py_ssize_t>(size)) != 0) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

}  // namespace shipedge
