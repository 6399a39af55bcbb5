#include <pybind11/pybind11.h>

#include "bindings.hpp"

namespace py = pybind11;

namespace shipedge {
namespace {

/// `__new__` that runs `__init__` too. As pybind11 makes it, Rle.__new__(Rle) is an object without a value, and whoever
/// asks it for anything reads memory that was never written.
PyObject* new_initialized(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  PyObject* const self = py::detail::make_new_instance(type);
  PyObject* const init = self == nullptr ? nullptr : PyObject_GetAttrString(self, "__init__");
  PyObject* const done = init == nullptr ? nullptr : PyObject_Call(init, args, keywords);
  Py_XDECREF(init);
  if (done == nullptr) {
    Py_XDECREF(self);
    return nullptr;
  }
  Py_DECREF(done);
  return self;
}

int already_initialized(PyObject* /*self*/, PyObject* /*args*/, PyObject* /*keywords*/) { return 0; }

newfunc pybind11_new = nullptr;

/// Only a class that C++ knows has objects. pybind11 ends the process for any other: its own base class, and classes
/// that Python code derives from that, as copyreg does for protocol 0 of pickle.
PyObject* new_of_known_class(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  try {
    if (!py::detail::all_type_info(type).empty()) return pybind11_new(type, args, keywords);
  } catch (const std::exception&) {  // a class without bases that are classes
  }
  PyErr_Format(PyExc_TypeError, "cannot create '%s' instances", type->tp_name);
  return nullptr;
}

PyObject* refuse_new(PyTypeObject* type, PyObject* /*args*/, PyObject* /*keywords*/) {
  PyErr_Format(PyExc_TypeError, "cannot create '%s' instances", type->tp_name);
  return nullptr;
}

int refuse_init(PyObject* self, PyObject* /*args*/, PyObject* /*keywords*/) {
  PyErr_Format(PyExc_TypeError, "cannot create '%s' instances", Py_TYPE(self)->tp_name);
  return -1;
}

}  // namespace

void seal(const py::object& cls) {
  auto* const type = reinterpret_cast<PyTypeObject*>(cls.ptr());
  type->tp_new = new_initialized;
  type->tp_init = already_initialized;
  type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
  PyType_Modified(type);
}

void seal_pybind11(const py::object& cls, const py::object& function) {
  PyTypeObject* const base = reinterpret_cast<PyTypeObject*>(cls.ptr())->tp_base;
  if (base->tp_new != new_of_known_class) {
    pybind11_new = base->tp_new;
    base->tp_new = new_of_known_class;
    PyType_Modified(base);
  }
  PyTypeObject* const record = Py_TYPE(PyCFunction_GET_SELF(function.ptr()));
  record->tp_new = refuse_new;
  record->tp_init = refuse_init;
  for (const char* name : {"__new__", "__init__"}) {  // wrappers of what was there before
    if (PyDict_DelItemString(record->tp_dict, name) != 0) PyErr_Clear();
  }
  PyType_Modified(record);
}

}  // namespace shipedge
