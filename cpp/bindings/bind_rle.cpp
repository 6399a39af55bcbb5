#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/components.hpp"
#include "shipedge/error.hpp"
#include "shipedge/set_ops.hpp"

namespace shipedge {
namespace {

/// A read-only (n, 2) view of the runs that keeps the Rle alive.
py::array runs_view(const py::object& self) {
  static_assert(sizeof(Run) == 2 * sizeof(std::uint32_t));
  const Runs runs = self.cast<const Rle&>().runs();
  const auto count = static_cast<py::ssize_t>(runs.size());
  py::array_t<std::uint32_t> view({count, py::ssize_t{2}}, reinterpret_cast<const std::uint32_t*>(runs.data()), self);
  view.attr("flags").attr("writeable") = false;
  return view;
}

Rle from_mask(py::handle mask) {
  const HeldMask held = as_mask(mask);
  const py::gil_scoped_release nogil;
  thread_local RunBuffer runs;
  runs.clear();
  encode(held.view, runs);
  return Rle::trusted(held.view.shape, std::vector<Run>(runs.begin(), runs.end()));
}

py::array to_mask(const Rle& rle, const py::object& out) {
  py::array mask = mask_or_new(out, rle.shape());
  std::uint8_t* const pixels = pixels_of(mask);
  const py::gil_scoped_release nogil;
  std::fill_n(pixels, rle.shape().pixels(), std::uint8_t{0});
  paint(rle.runs(), rle.shape(), pixels);
  return mask;
}

py::str to_airbus(const Rle& rle, const py::object& order) {
  if (is_column_major(order)) return airbus_text(rle.runs());
  return airbus_text(rle.transposed().runs());
}

double mean(const Rle& rle, const py::object& values) {
  const py::array array = as_values(values, rle.shape());
  if (rle.empty()) throw py::value_error("the mask is empty, expected at least one pixel to take the mean of");
  const auto* data = static_cast<const std::byte*>(array.data());
  const auto sum = array.itemsize() == 1 ? sum_under<std::uint8_t> : sum_under<float>;
  return sum(rle, data, array.strides(0), array.strides(1)) / rle.area();
}

std::vector<Rle> components_of(const py::object& mask, int connectivity, std::int64_t min_area) {
  if (connectivity != 4 && connectivity != 8) {
    throw py::value_error("connectivity is " + std::to_string(connectivity) + ", expected 4 or 8");
  }
  if (min_area < 0 || min_area >= std::int64_t{1} << 32) {
    throw py::value_error("min_area is " + std::to_string(min_area) + ", expected 0 to 4294967295 pixels");
  }
  const bool is_rle = py::isinstance<Rle>(mask);
  const Rle encoded = is_rle ? Rle(Shape{}) : from_mask(mask);
  const Rle& rle = is_rle ? mask.cast<const Rle&>() : encoded;
  const py::gil_scoped_release nogil;
  return components(rle, static_cast<Connectivity>(connectivity), static_cast<std::uint32_t>(min_area));
}

py::array_t<double> iou_matrix_of(const py::object& rows, const py::object& columns) {
  const HeldRles left = as_rles(rows, "a", nullptr);
  const Shape shape = left.rles.empty() ? Shape{} : left.rles.front()->shape();
  const HeldRles right = as_rles(columns, "b", left.rles.empty() ? nullptr : &shape);
  py::array_t<double> out({left.rles.size(), right.rles.size()});
  double* const data = out.mutable_data();
  const py::gil_scoped_release nogil;
  iou_matrix(left.rles, right.rles, data);
  return out;
}

}  // namespace

void bind_rle(py::module_& module) {
  py::class_<Rle> cls(module, "Rle", py::is_final(),
                      R"(An immutable mask: a shape and sorted, non-touching, column-major runs.

Args:
    runs: (n, 2) integers: start (0-based, column-major) and length in pixels, sorted; touching runs are merged.
    shape: (height, width) in pixels.

Raises:
    RleFormatError: A run overlaps the one before it, is empty or leaves the mask.)");
  cls.attr("__module__") = "shipedge.rle";
  cls.def(py::init([](const py::object& runs, const py::object& shape) {
            return Rle::checked(as_shape(shape), as_pairs(runs));
          }),
          py::arg("runs"), py::arg("shape"))
      .def_static("from_mask", &from_mask, py::arg("mask"),
                  "The runs of a (height, width) integer or bool array of any strides; non-zero means ship.")
      .def("to_mask", &to_mask, py::arg("out") = py::none(),
           "The (height, width) uint8 mask of 0 and 1, C order; written into `out` if given.")
      .def("to_airbus", &to_airbus, py::arg("order") = "F",
           "The Airbus text 'start length ...', 1-based; order 'C' counts along the rows.")
      .def("mean", &mean, py::arg("values"),
           "Mean of a (height, width) uint8 or float32 array over the mask's pixels; ValueError if it has none.")
      .def_property_readonly("shape",
                             [](const Rle& rle) { return py::make_tuple(rle.shape().height, rle.shape().width); })
      .def_property_readonly("runs", &runs_view, "(n, 2) uint32: start (0-based, column-major), length. Read-only.")
      .def_property_readonly("area", &Rle::area, "Number of pixels.")
      .def_property_readonly(
          "bbox",
          [](const Rle& rle) {
            const Box box = rle.box();
            return py::make_tuple(box.left, box.top, box.right, box.bottom);
          },
          "(left, top, right, bottom) in pixels, half-open; zeros for an empty mask.")
      .def(py::self == py::self)  // NOLINT(misc-redundant-expression): pybind11's way to bind an operator
      .def("__hash__", &Rle::hash)
      .def("__repr__",
           [](const Rle& rle) {
             return "Rle(shape=" + shown(rle.shape()) + ", runs=" + std::to_string(rle.runs().size()) +
                    ", area=" + std::to_string(rle.area()) + ")";
           })
      .def("__reduce__", [](const py::object& self) {
        return py::make_tuple(py::type::of(self), py::make_tuple(self.attr("runs").attr("copy")(), self.attr("shape")));
      });

  module.def(
      "union",
      [](const py::object& rles, const py::object& shape) {
        const Shape expected = as_shape(shape);
        const HeldRles held = as_rles(rles, "rles", &expected);
        const py::gil_scoped_release nogil;
        return unite(held.rles, expected);
      },
      py::arg("rles"), py::arg("shape"), "Pixels in any of the masks, which all have this (height, width).");
  module.def("components", &components_of, py::arg("mask"), py::arg("connectivity") = 8, py::arg("min_area") = 1,
             R"(Connected parts of a mask, ordered by their first pixel in column-major order.

Args:
    mask: (height, width) integer or bool array, or an Rle.
    connectivity: 8 joins pixels that touch at a corner, 4 only at a side.
    min_area: Smaller parts are left out, in pixels.)");
  module.def(
      "iou",
      [](const Rle& a, const Rle& b) {
        if (a.shape() != b.shape()) {
          throw FormatError("b has shape " + shown(b.shape()) + ", expected " + shown(a.shape()) + " as a");
        }
        return iou(a, b);
      },
      py::arg("a"), py::arg("b"), "Intersection over union of two masks of one shape; 0 where both are empty.");
  module.def("iou_matrix", &iou_matrix_of, py::arg("a"), py::arg("b"),
             "(n, m) float64: the IoU of each mask in `a` with each mask in `b`, all of one shape.");
}

}  // namespace shipedge
