#include "shipedge/duplicates.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/set_ops.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

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

}  // namespace

void bind_duplicates(py::module_& module) {
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
}

}  // namespace shipedge
