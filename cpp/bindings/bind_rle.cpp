#include <pybind11/operators.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/error.hpp"
#include "shipedge/set_ops.hpp"
#include "unlocked.hpp"

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

/// The runs as they are pickled: start and length, four bytes each, the lowest first.
py::bytes packed(const Rle& rle) {
  std::string bytes;
  bytes.reserve(8 * rle.runs().size());
  for (const Run& run : rle.runs()) {
    for (const std::uint32_t number : {run.start, run.length}) {
      for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
    }
  }
  return bytes;
}

std::vector<std::int64_t> unpacked(std::string_view bytes) {
  if (bytes.size() % sizeof(Run) != 0) {
    throw FormatError("runs hold " + std::to_string(bytes.size()) + " bytes, expected 8 for each run");
  }
  std::vector<std::int64_t> pairs(bytes.size() / 4);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    pairs[i / 4] |= std::int64_t{static_cast<unsigned char>(bytes[i])} << (8 * (i % 4));
  }
  return pairs;
}

Rle from_mask(py::handle mask) {
  const HeldMask held = as_mask(mask);
  const Unlocked nogil;
  thread_local RunBuffer runs;
  runs.clear();
  encode(held.view, runs);
  return Rle::trusted(held.view.shape, std::vector<Run>(runs.begin(), runs.end()));
}

py::array to_mask(const Rle& rle, const py::object& out) {
  Canvas canvas = as_canvas(out, rle.shape());
  const Unlocked nogil;
  canvas.clear();
  paint(rle.runs(), rle.shape(), canvas.pixels);
  return std::move(canvas.array);
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

template <Rle (*kOperation)(Masks, Shape)>
Rle pairwise(const Rle& a, const Rle& b) {
  expect_one_shape(a, b);
  const std::array<const Rle*, 2> both{&a, &b};
  return kOperation(both, a.shape());
}

Rle difference(const Rle& a, const Rle& b) {
  expect_one_shape(a, b);
  return subtract(a, b);
}

}  // namespace

void bind_rle(py::module_& module) {
  const py::call_guard<Unlocked> nogil;
  py::class_<Rle> cls(module, "Rle", py::is_final(),
                      R"(An immutable mask: a shape and sorted, non-touching, column-major runs.

Args:
    runs: (n, 2) integers: start (0-based, column-major) and length in pixels, sorted; touching runs are merged. Or
        bytes, as pickle holds them: the same numbers as little-endian uint32.
    shape: (height, width) in pixels.

Raises:
    RleFormatError: A run overlaps the one before it, is empty or leaves the mask.)");
  cls.attr("__module__") = "shipedge.rle";
  cls.attr("__array_ufunc__") = py::none();  // `array | rle` is a TypeError and no arithmetic with pixels
  cls.def(py::init([](const py::object& runs, const py::object& shape) {
            const bool pickled = PyBytes_Check(runs.ptr()) != 0;
            return Rle::checked(as_shape(shape), pickled ? unpacked(py::bytes(runs)) : as_pairs(runs));
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
      .def_property_readonly(
          "centroid",
          [](const Rle& rle) {
            const Centroid centre = rle.centroid();
            return py::make_tuple(centre.x, centre.y);
          },
          "(x, y): mean column and row of the pixels, counted from 0; NaN for an empty mask.")
      .def("__bool__", [](const Rle& rle) { return !rle.empty(); })
      .def("__copy__", [](const py::object& self) { return self; })
      .def(
          "__deepcopy__", [](const py::object& self, const py::object&) { return self; }, py::arg("memo"))
      .def("__invert__", &complement, nogil)
      .def("__or__", &pairwise<unite>, py::is_operator(), nogil)
      .def("__and__", &pairwise<intersect>, py::is_operator(), nogil)
      .def("__xor__", &pairwise<exclusive_or>, py::is_operator(), nogil)
      .def("__sub__", &difference, py::is_operator(), nogil)
      .def(py::self == py::self)  // NOLINT(misc-redundant-expression): pybind11's way to bind an operator
      .def("__hash__", &Rle::hash)
      .def("__repr__",
           [](const Rle& rle) {
             return "Rle(shape=" + shown(rle.shape()) + ", runs=" + std::to_string(rle.runs().size()) +
                    ", area=" + std::to_string(rle.area()) + ")";
           })
      .def("__reduce__", [](const py::object& self) {
        return py::make_tuple(py::type::of(self), py::make_tuple(packed(self.cast<const Rle&>()), self.attr("shape")));
      });
  bind_geometry(cls);
  bind_arrays(cls);
  bind_measures(cls);
}

}  // namespace shipedge
