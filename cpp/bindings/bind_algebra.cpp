#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/components.hpp"
#include "shipedge/error.hpp"
#include "shipedge/iou.hpp"
#include "shipedge/morphology.hpp"
#include "shipedge/set_ops.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

template <Rle (*kOperation)(Masks, Shape)>
Rle fold(const py::object& rles, const py::object& shape) {
  const Shape expected = as_shape(shape);
  const HeldRles held = as_rles(rles, "rles", &expected);
  const Unlocked nogil;
  return kOperation(held.rles, expected);
}

Rle at_least_of(const py::object& rles, const py::object& k, const py::object& shape) {
  const std::int64_t votes = as_integer(k, "k");
  if (votes < 0) throw py::value_error("k is " + std::to_string(votes) + ", expected 0 or more masks");
  const Shape expected = as_shape(shape);
  const HeldRles held = as_rles(rles, "rles", &expected);
  const Unlocked nogil;
  return at_least(held.rles, static_cast<std::size_t>(votes), expected);
}

Rle difference(const Rle& a, const Rle& b) {
  expect_one_shape(a, b);
  return subtract(a, b);
}

/// (n, kColumns) numbers, or (n,) for one column: measure(rle, row) writes those of a mask. The masks may differ in
/// shape.
template <class T, py::ssize_t kColumns, class Measure>
py::array_t<T> measured(const py::object& rles, Measure&& measure) {
  const HeldRles held = as_rles_of_any_shape(rles, "rles");
  std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(held.rles.size())};
  if (kColumns > 1) shape.push_back(kColumns);
  py::array_t<T> out(shape);
  T* row = out.mutable_data();
  const Unlocked nogil;
  for (const Rle* rle : held.rles) {
    measure(*rle, row);
    row += kColumns;
  }
  return out;
}

py::array_t<std::int64_t> areas(const py::object& rles) {
  return measured<std::int64_t, 1>(rles, [](const Rle& rle, std::int64_t* row) { *row = rle.area(); });
}

py::array_t<std::int64_t> bboxes(const py::object& rles) {
  return measured<std::int64_t, 4>(rles, [](const Rle& rle, std::int64_t* row) {
    const Box box = rle.box();
    row[0] = box.left;
    row[1] = box.top;
    row[2] = box.right;
    row[3] = box.bottom;
  });
}

py::array_t<double> centroids(const py::object& rles) {
  return measured<double, 2>(rles, [](const Rle& rle, double* row) {
    const Centroid centre = rle.centroid();
    row[0] = centre.x;
    row[1] = centre.y;
  });
}

double iou_of(const py::object& a, const py::object& b) {
  const HeldRle first = as_rle(a, "a");
  const HeldRle second = as_rle(b, "b");
  expect_one_shape(*first, *second);
  return iou(*first, *second);
}

double boundary_iou_of(const py::object& a, const py::object& b, const py::object& ratio) {
  const std::pair<HeldRle, HeldRle> both{as_rle(a, "a"), as_rle(b, "b")};
  expect_one_shape(*both.first, *both.second);
  const std::uint32_t distance = boundary_distance((*both.first).shape(), as_number(ratio, "ratio"));
  const Unlocked nogil;
  return iou(boundary(*both.first, distance), boundary(*both.second, distance));
}

py::array_t<double> iou_matrix_of(const py::object& rows, const py::object& columns, const py::object& crowd) {
  const HeldRles left = as_rles(rows, "a", nullptr);
  const Shape shape = left.rles.empty() ? Shape{} : left.rles.front()->shape();
  const HeldRles right = as_rles(columns, "b", left.rles.empty() ? nullptr : &shape);
  const std::vector<std::uint8_t> flags = as_flags(crowd, "crowd", right.rles.size());
  py::array_t<double> out({left.rles.size(), right.rles.size()});
  double* const data = out.mutable_data();
  const Unlocked nogil;
  iou_matrix(left.rles, right.rles, flags, data);
  return out;
}

/// The arguments of `components`, checked.
struct PartsWanted {
  PartsWanted(const py::object& mask, const py::object& connectivity, const py::object& min_area)
      : connectivity_(as_connectivity(connectivity)), min_area_(as_pixels(min_area, "min_area")) {
    rle_ = rle_or_null(mask);
    if (rle_ != nullptr) {
      shape = rle_->shape();
    } else {
      mask_ = as_mask(mask);
      shape = mask_.view.shape;
    }
  }

  /// Needs no lock.
  [[nodiscard]] Parts find() const {
    if (rle_ != nullptr) return find_components(rle_->runs(), shape, connectivity_, min_area_);
    RunBuffer& runs = scratch_runs();
    encode(mask_.view, runs);
    return find_components({runs.begin(), runs.end()}, shape, connectivity_, min_area_);
  }

  Shape shape;

 private:
  Connectivity connectivity_;
  std::uint32_t min_area_;
  const Rle* rle_ = nullptr;
  HeldMask mask_;
};

Parts found_unlocked(const PartsWanted& wanted) {
  const Unlocked nogil;
  return wanted.find();
}

py::list components_of(const py::object& mask, const py::object& connectivity, const py::object& min_area) {
  const PartsWanted wanted(mask, connectivity, min_area);
  const Parts parts = found_unlocked(wanted);
  py::list found(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Runs runs = parts[i];
    PyList_SET_ITEM(found.ptr(), static_cast<Py_ssize_t>(i),
                    py::cast(Rle::trusted(wanted.shape, {runs.begin(), runs.end()})).release().ptr());
  }
  return found;
}

py::list component_texts(const py::object& mask, const py::object& connectivity, const py::object& min_area) {
  const PartsWanted wanted(mask, connectivity, min_area);
  const Parts parts = found_unlocked(wanted);
  py::list texts(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    PyList_SET_ITEM(texts.ptr(), static_cast<Py_ssize_t>(i), airbus_text(parts[i]).release().ptr());
  }
  return texts;
}

}  // namespace

void bind_algebra(py::module_& module) {
  module.def("union", &fold<unite>, py::arg("rles"), py::arg("shape"),
             "Pixels in any of the masks, which all have this (height, width).");
  module.def("intersection", &fold<intersect>, py::arg("rles"), py::arg("shape"),
             "Pixels in all of the masks, which all have this (height, width); every pixel if there are none.");
  module.def("xor", &fold<exclusive_or>, py::arg("rles"), py::arg("shape"),
             "Pixels in an odd number of the masks, which all have this (height, width).");
  module.def("difference", &difference, py::arg("a"), py::arg("b"), py::call_guard<Unlocked>(),
             "Pixels of `a` that are not in `b`, as `a - b`.");
  module.def("at_least", &at_least_of, py::arg("rles"), py::arg("k"), py::arg("shape"),
             R"(Pixels in `k` or more of the masks: a vote.

Args:
    rles: Masks of one shape.
    k: 1 is the union, their number the intersection; 0 is every pixel.
    shape: (height, width) of the masks.)");
  module.def("areas", &areas, py::arg("rles"), "(n,) int64: the pixels of each mask. Shapes may differ.");
  module.def("bboxes", &bboxes, py::arg("rles"),
             "(n, 4) int64: left, top, right, bottom of each mask as `Rle.bbox`. Shapes may differ.");
  module.def("centroids", &centroids, py::arg("rles"),
             "(n, 2) float64: x, y of each mask as `Rle.centroid`. Shapes may differ.");
  module.def("iou", &iou_of, py::arg("a"), py::arg("b"),
             R"(Intersection over union of two masks of one shape; 0 where both are empty.

Args:
    a, b: An Rle or a (height, width) integer or bool array each.)");
  module.def("boundary_iou", &boundary_iou_of, py::arg("a"), py::arg("b"), py::arg("ratio") = 0.02,
             R"(Boundary IoU of two masks of one shape (Cheng et al. 2021): IoU of their pixels near their outlines.

Args:
    a, b: As for `iou`. What lies outside of the image counts as background.
    ratio: How near, as a share of the image's diagonal: `Rle.boundary` says which pixels these are.)");
  module.def("iou_matrix", &iou_matrix_of, py::arg("a"), py::arg("b"), py::arg("crowd") = py::none(),
             R"((n, m) float64: the IoU of each mask in `a` with each mask in `b`, all of one shape.

Args:
    a: n masks, the detections.
    b: m masks, the truth.
    crowd: m flags, COCO's iscrowd: where true, the intersection is divided by the area of the mask in `a` alone.)");
  module.def("components", &components_of, py::arg("mask"), py::arg("connectivity") = 8, py::arg("min_area") = 1,
             R"(Connected parts of a mask, ordered by their first pixel in column-major order.

Args:
    mask: (height, width) integer or bool array, or an Rle.
    connectivity: 8 joins pixels that touch at a corner, 4 only at a side.
    min_area: Smaller parts are left out, in pixels.)");
  module.def("component_texts", &component_texts, py::arg("mask"), py::arg("connectivity") = 8, py::arg("min_area") = 1,
             R"(The Airbus texts of the connected parts of a mask: `components`, without an Rle for each.

Args:
    mask, connectivity, min_area: As for `components`.)");
}

}  // namespace shipedge
