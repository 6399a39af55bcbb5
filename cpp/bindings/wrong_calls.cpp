#include <cstddef>
#include <string>

#include "bindings.hpp"

namespace py = pybind11;

namespace shipedge {
namespace {

/// What pybind11 answers each call with, and what replaces it.
using Call = PyObject* (*)(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords);
Call dispatch = nullptr;

/// "shipedge._core.Rle" -> "Rle".
std::string type_of(PyObject* value) {
  const std::string name = Py_TYPE(value)->tp_name;
  return name.substr(name.rfind('.') + 1, 60);  // npos + 1 is 0
}

std::string types_of(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  std::string types;
  for (Py_ssize_t i = 0; i < count + named; ++i) {
    if (i > 0) types += ", ";
    if (i == 10) return types + "...";
    if (i >= count) {
      types += py::handle(PyTuple_GET_ITEM(keywords, i - count)).cast<std::string>().substr(0, 60) + ": ";
    }
    types += type_of(arguments[i]);
  }
  return types;
}

/// "iou(): incompatible function arguments. ...\n    1. (a: Rle, b: Rle) -> float\n\nInvoked with: ..." -> one line
/// without the values; empty for any other text.
std::string shortened(const std::string& text, const std::string& types) {
  const std::size_t name = text.find("(): incompatible ");
  const std::size_t first = text.find("\n    1. ");
  if (name == std::string::npos || first == std::string::npos || name > first) return {};
  std::string takes = text.substr(first + 8, text.find('\n', first + 8) - first - 8);
  takes = takes.substr(0, takes.rfind(" -> "));
  return (takes.front() == '(' ? text.substr(0, name) : "") + takes + " was called with (" + types + ")";
}

PyObject* call(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  PyObject* const found = dispatch(self, arguments, count, keywords);
  if (found != nullptr || PyErr_Occurred() != PyExc_TypeError) return found;
  try {
    py::error_already_set error;
    const std::string text = py::str(error.value()).cast<std::string>();
    const std::string line = shortened(text, types_of(arguments, PyVectorcall_NARGS(count), keywords));
    if (line.empty()) {
      error.restore();
    } else {
      PyErr_SetString(PyExc_TypeError, line.c_str());
    }
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_TypeError, error.what());
  }
  return nullptr;
}

}  // namespace

void shorten_wrong_calls(const py::object& owner) {
  const py::dict members(owner.attr("__dict__"));
  for (const auto& [name, member] : members) {
    py::object function = py::reinterpret_borrow<py::object>(member);
    if (PyInstanceMethod_Check(function.ptr()) != 0 || Py_TYPE(function.ptr()) == &PyStaticMethod_Type) {
      function = function.attr("__func__");
    }
    if (PyCFunction_Check(function.ptr()) == 0) continue;
    PyMethodDef* const definition = reinterpret_cast<PyCFunctionObject*>(function.ptr())->m_ml;
    if (definition->ml_flags != (METH_FASTCALL | METH_KEYWORDS)) continue;  // pybind11 3.0 calls in another way
    const auto given = reinterpret_cast<Call>(reinterpret_cast<void (*)()>(definition->ml_meth));
    if (dispatch == nullptr) dispatch = given;
    if (given == dispatch) {
      definition->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call));
    }
  }
}

}  // namespace shipedge
