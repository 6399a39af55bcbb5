#include "bindings.hpp"
#include "shipedge/error.hpp"
#include "shipedge/kernels.hpp"

namespace py = pybind11;

namespace shipedge {

void bind_errors(py::module_& module) {
  // Created by hand: pybind11's helper knows a single base, and RleFormatError is a ValueError too.
  // The module keeps them alive; they are named after the place users import them from.
  static PyObject* format_error = nullptr;
  const auto base = py::reinterpret_steal<py::object>(PyErr_NewExceptionWithDoc(
      "shipedge.errors.ShipedgeError", "Base of every error that shipedge raises on purpose.", nullptr, nullptr));
  if (!base) throw py::error_already_set();
  const py::tuple bases = py::make_tuple(base, py::handle(PyExc_ValueError));
  const auto format = py::reinterpret_steal<py::object>(PyErr_NewExceptionWithDoc(
      "shipedge.errors.RleFormatError",
      "A text, count list or run list that is not a mask: says where, what was found, what was expected.", bases.ptr(),
      nullptr));
  if (!format) throw py::error_already_set();
  module.attr("ShipedgeError") = base;
  module.attr("RleFormatError") = format;
  format_error = format.inc_ref().ptr();
  py::register_exception_translator(
      [](std::exception_ptr thrown) {  // NOLINT(performance-unnecessary-value-param): pybind11's signature
        try {
          if (thrown) std::rethrow_exception(thrown);
        } catch (const FormatError& error) {
          py::set_error(format_error, error.what());
        }
      });
}

void bind_kernels(py::module_& module) {
  py::list tiers;
  for (const simd::Kernels* kernels : simd::tiers()) tiers.append(kernels->name);
  module.attr("tiers") = py::tuple(tiers);
  module.def("kernels", [] { return simd::best().name; }, "Name of the tier of kernels in use.");
  module.def(
      "use_kernels", [](const std::string& name) { simd::use(name); }, py::arg("name"),
      "Use another of the tiers from now on; for benchmarks and tests.");
}

}  // namespace shipedge

// PyInit__core below is what Python calls: the name of a module comes from its file.
PYBIND11_MODULE(_core_of_main, module, py::mod_gil_not_used()) {
  module.doc() = "Run-length masks in C++; use it through shipedge.rle.";
  shipedge::bind_kernels(module);
  shipedge::bind_errors(module);
  shipedge::bind_rle(module);
  shipedge::bind_mask_batches(module);
  shipedge::bind_algebra(module);
  shipedge::bind_duplicates(module);
  shipedge::bind_labels(module);
  shipedge::bind_text(module);
  shipedge::bind_exchange(module);
  shipedge::bind_csv(module);
  shipedge::bind_png(module);
  shipedge::bind_frame(module);
  shipedge::bind_ships(module);
  shipedge::bind_refiner(module);
  shipedge::bind_jpeg(module);
  shipedge::shorten_wrong_calls(module);
  for (const char* name : {"Rle", "MaskBatch", "CsvIndex"}) {
    shipedge::shorten_wrong_calls(module.attr(name));
    shipedge::seal(module.attr(name));
  }
  shipedge::seal_pybind11(module.attr("Rle"), module.attr("parse"));
}

namespace {

/// An ImportError in words; by its name the commands know it for a sentence of ours.
PyObject* refuse_import(const char* sentence) {
  PyObject* const message = PyUnicode_FromString(sentence);
  PyObject* const name = PyUnicode_FromString("shipedge._core");
  if (message != nullptr && name != nullptr) PyErr_SetImportError(message, name, nullptr);
  Py_XDECREF(message);
  Py_XDECREF(name);
  return nullptr;
}

}  // namespace

/// Refuses sub-interpreters before pybind11 does anything: on CPython 3.11 and before it would wait for ever for the
/// lock of the main interpreter. And kernels that SHIPEDGE_KERNELS asks for and that are not here.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    return refuse_import("shipedge works in the main interpreter of a process, and this is another one");
  }
  try {
    shipedge::simd::best();
  } catch (const std::exception& wrong) {
    return refuse_import(wrong.what());
  }
  return PyInit__core_of_main();
}
