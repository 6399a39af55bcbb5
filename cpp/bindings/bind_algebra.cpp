#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/components.hpp"
#include "shipedge/duplicates.hpp"
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

/// The arguments of `nms` and `merge`, checked.
struct DuplicatesWanted {
  DuplicatesWanted(const py::object& rles, const py::object& threshold, const py::object& of, const py::object& classes)
      : held(as_rles(rles, "rles", nullptr)) {
    rule.threshold = as_number(threshold, "threshold");
    if (rule.threshold < 0 || rule.threshold > 1) {
      throw py::value_error("threshold is " + shown_value(threshold) + ", expected 0 to 1");
    }
    const bool is_text = PyUnicode_Check(of.ptr()) != 0;
    if (is_text && PyUnicode_CompareWithASCIIString(of.ptr(), "smaller") == 0) {
      rule.of = OverlapOf::kSmaller;
    } else if (!is_text || PyUnicode_CompareWithASCIIString(of.ptr(), "union") != 0) {
      throw py::value_error("over is " + shown_value(of) +
                            ", expected 'union' (IoU) or 'smaller' (the intersection over the smaller mask)");
    }
    if (!classes.is_none()) numbers_ = as_counts(classes);
    if (!classes.is_none() && numbers_.size() != held.rles.size()) {
      throw py::value_error("classes holds " + std::to_string(numbers_.size()) + " numbers, expected " +
                            std::to_string(held.rles.size()) + " as there are masks");
    }
    rule.classes = numbers_;
  }

  HeldRles held;
  Duplicates rule;

 private:
  std::vector<std::int64_t> numbers_;
};

py::array_t<std::int64_t> as_positions(const std::vector<std::size_t>& positions) {
  py::array_t<std::int64_t> array(static_cast<py::ssize_t>(positions.size()));
  std::ranges::copy(positions, array.mutable_data());
  return array;
}

py::array_t<std::int64_t> nms(const py::object& rles, const py::object& scores, const py::object& threshold,
                              const py::object& over, const py::object& classes) {
  const DuplicatesWanted wanted(rles, threshold, over, classes);
  const py::tuple given = as_tuple(scores, "scores");
  const std::size_t count = wanted.held.rles.size();
  if (given.size() != count) {
    throw py::value_error("scores holds " + std::to_string(given.size()) + " numbers, expected " +
                          std::to_string(count) + " as there are masks");
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(as_number(PyTuple_GET_ITEM(given.ptr(), static_cast<Py_ssize_t>(i)), "a score"));
  }
  std::vector<std::size_t> kept;
  {
    const Unlocked nogil;
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return values[i]; });
    kept = suppressed(wanted.held.rles, order, wanted.rule);
  }
  return as_positions(kept);
}

py::tuple merge_of(const py::object& rles, const py::object& threshold, const py::object& over,
                   const py::object& classes) {
  const DuplicatesWanted wanted(rles, threshold, over, classes);
  std::vector<std::size_t> objects;
  std::vector<Rle> merged;
  {
    const Unlocked nogil;
    objects = object_of(wanted.held.rles, wanted.rule);
    std::vector<std::vector<const Rle*>> members;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (objects[i] == members.size()) members.emplace_back();
      members[objects[i]].push_back(wanted.held.rles[i]);
    }
    for (const auto& masks : members) merged.push_back(unite(masks, masks.front()->shape()));
  }
  return py::make_tuple(as_list(std::move(merged)), as_positions(objects));
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
  module.def("nms", &nms, py::arg("rles"), py::arg("scores"), py::arg("threshold") = 0.5, py::arg("over") = "union",
             py::arg("classes") = py::none(),
             R"((k,) int64: positions of the masks that are kept, best score first (non-maximum suppression).

A mask is dropped where it overlaps one of a better score that was kept by more than the threshold; of equal scores the
first is the better.

Args:
    rles: n masks of one shape.
    scores: n finite numbers.
    threshold: 0 to 1.
    over: "union" divides the intersection by the union (IoU), "smaller" by the smaller mask, which also drops what
        lies in another one.
    classes: n integers: only masks of one class (or image) are compared. None: all.)");
  module.def("merge", &merge_of, py::arg("rles"), py::arg("threshold") = 0.5, py::arg("over") = "union",
             py::arg("classes") = py::none(),
             R"(Masks that overlap by more than the threshold become one; those that others link become one too.

Args:
    rles, threshold, over, classes: As for `nms`.

Returns:
    A list of k masks, by the first of each, and (n,) int64: which of them each mask became a part of.)");
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
