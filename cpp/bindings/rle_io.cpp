#include <string>

#include "numpy_io.hpp"
#include "shipedge/error.hpp"

/// The part of numpy_io.hpp that is about Rle objects.
namespace shipedge {

HeldRles as_rles_of_any_shape(py::handle rles, const char* name) {
  HeldRles held{as_tuple(rles, name), {}};
  held.rles.reserve(held.keep.size());
  py::detail::make_caster<Rle> caster;  // one for all: it looks the type up when it is made
  for (std::size_t i = 0; i < held.keep.size(); ++i) {
    const py::handle item = PyTuple_GET_ITEM(held.keep.ptr(), static_cast<Py_ssize_t>(i));
    if (!caster.load(item, false)) {
      throw py::type_error(std::string(name) + "[" + std::to_string(i) + "] is of type " +
                           Py_TYPE(item.ptr())->tp_name + ", expected Rle");
    }
    held.rles.push_back(py::detail::cast_op<const Rle*>(caster));
  }
  return held;
}

HeldRles as_rles(py::handle rles, const char* name, const Shape* shape) {
  HeldRles held = as_rles_of_any_shape(rles, name);
  for (std::size_t i = 0; i < held.rles.size(); ++i) {
    const Shape expected = shape != nullptr ? *shape : held.rles.front()->shape();
    if (held.rles[i]->shape() != expected) {
      throw FormatError(std::string(name) + "[" + std::to_string(i) + "] has shape " + shown(held.rles[i]->shape()) +
                        ", expected " + shown(expected));
    }
  }
  return held;
}

void expect_one_shape(const Rle& a, const Rle& b) {
  if (a.shape() == b.shape()) return;
  throw FormatError("b has shape " + shown(b.shape()) + ", expected " + shown(a.shape()) + " as a");
}

}  // namespace shipedge
