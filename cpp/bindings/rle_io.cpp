#include <string>

#include "numpy_io.hpp"
#include "shipedge/error.hpp"
#include "unlocked.hpp"

/// The part of numpy_io.hpp that is about Rle objects, the arguments of their methods, polygons and label maps.
namespace shipedge {
namespace {

/// A sequence of so many things that is no string.
bool is_sequence_of(py::handle object, Py_ssize_t count) {
  if (PyUnicode_Check(object.ptr()) != 0 || PySequence_Check(object.ptr()) == 0) return false;
  const Py_ssize_t size = guarded([&] { return PySequence_Size(object.ptr()); });
  PyErr_Clear();
  return size == count;
}

py::object item(py::handle sequence, Py_ssize_t index) {
  auto found = py::reinterpret_steal<py::object>(guarded([&] { return PySequence_GetItem(sequence.ptr(), index); }));
  if (!found) throw py::error_already_set();
  return found;
}

}  // namespace

std::uint32_t as_pixels(py::handle value, const char* name) {
  const std::int64_t pixels = as_integer(value, name);
  if (pixels < 0 || pixels >= std::int64_t{1} << 32) {
    throw py::value_error(std::string(name) + " is " + std::to_string(pixels) + ", expected 0 to 4294967295 pixels");
  }
  return static_cast<std::uint32_t>(pixels);
}

Box as_box(py::handle bbox, Shape shape) {
  if (!is_sequence_of(bbox, 4)) {
    throw py::type_error("bbox is " + shown_value(bbox) + ", expected (left, top, right, bottom)");
  }
  const std::int64_t left = as_integer(item(bbox, 0), "left");
  const std::int64_t top = as_integer(item(bbox, 1), "top");
  const std::int64_t right = as_integer(item(bbox, 2), "right");
  const std::int64_t bottom = as_integer(item(bbox, 3), "bottom");
  if (left < 0 || left > right || right > shape.width || top < 0 || top > bottom || bottom > shape.height) {
    // Where it would have been right in COCO's order, it was probably meant so.
    const bool is_coco = left >= 0 && top >= 0 && right >= 0 && bottom >= 0 && (right < left || bottom < top);
    throw py::value_error("bbox is " + shown_value(bbox) + ", expected (left, top, right, bottom) with 0 <= left <= " +
                          "right <= " + std::to_string(shape.width) +
                          " and 0 <= top <= bottom <= " + std::to_string(shape.height) +
                          (is_coco ? "; of x, y, width, height it is (x, y, x + width, y + height)" : ""));
  }
  return {static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(top), static_cast<std::uint32_t>(right),
          static_cast<std::uint32_t>(bottom)};
}

Reach as_reach(py::handle radius) {
  if (PyIndex_Check(radius.ptr()) != 0) {
    const std::uint32_t both = as_pixels(radius, "radius");
    return {both, both};
  }
  if (!is_sequence_of(radius, 2)) {
    throw py::type_error("radius is " + shown_value(radius) + ", expected pixels or (rows, columns)");
  }
  return {as_pixels(item(radius, 0), "rows"), as_pixels(item(radius, 1), "columns")};
}

Reach as_step(py::handle step) {
  Reach steps{};
  if (PyIndex_Check(step.ptr()) != 0) {
    steps.rows = steps.columns = as_pixels(step, "step");
  } else if (is_sequence_of(step, 2)) {
    steps = {as_pixels(item(step, 0), "rows"), as_pixels(item(step, 1), "columns")};
  } else {
    throw py::type_error("step is " + shown_value(step) + ", expected pixels or (rows, columns)");
  }
  if (steps.rows == 0 || steps.columns == 0) {
    throw py::value_error("step is " + shown_value(step) + ", expected 1 or more pixels");
  }
  return steps;
}

Connectivity as_connectivity(py::handle connectivity) {
  const std::int64_t neighbours = as_integer(connectivity, "connectivity");
  if (neighbours != 4 && neighbours != 8) {
    throw py::value_error("connectivity is " + std::to_string(neighbours) + ", expected 4 or 8");
  }
  return static_cast<Connectivity>(neighbours);
}

HeldLabels as_labels(py::handle labels) {
  if (!py::isinstance<py::array>(labels)) {
    throw py::type_error("labels is of type " + type_name(labels) + ", expected a NumPy array (height, width)");
  }
  auto array = py::reinterpret_borrow<py::array>(labels);
  const char kind = array.dtype().kind();
  if (kind != 'b' && kind != 'i' && kind != 'u') {
    throw py::type_error("labels have dtype " + shown_dtype(array) + ", expected integers");
  }
  if (!array.dtype().attr("isnative").cast<bool>()) {
    array = converted(array, py::dtype(array.dtype().attr("newbyteorder")("=")));
  }
  if (array.ndim() != 2) {
    throw py::value_error("labels have shape " + shown_shape(array) + ", expected (height, width)");
  }
  const Shape shape = Shape::checked(array.shape(0), array.shape(1));
  const auto* data = static_cast<const std::byte*>(array.data());
  const LabelView view{data, shape, array.strides(0), array.strides(1), static_cast<std::size_t>(array.itemsize())};
  return {std::move(array), view, kind == 'i'};
}

py::int_ HeldLabels::shown(std::uint64_t label) const {
  if (!is_signed) return label;
  const std::size_t unused = 64 - 8 * view.item_size;
  return static_cast<std::int64_t>(label << unused) >> unused;
}

const Rle* rle_or_null(py::handle object) {
  // The object's own type, not what it says of itself; Rle is final. pybind11 asks any other object for more.
  static const auto* const type = reinterpret_cast<PyTypeObject*>(py::type::handle_of<Rle>().ptr());
  if (Py_TYPE(object.ptr()) != type) return nullptr;
  py::detail::make_caster<Rle> caster;
  return caster.load(object, false) ? py::detail::cast_op<const Rle*>(caster) : nullptr;
}

HeldRle as_rle(py::handle mask, const char* name) {
  const Rle* const given = rle_or_null(mask);
  if (given != nullptr) return {py::reinterpret_borrow<py::object>(mask), given, Rle(Shape{})};
  if (!py::isinstance<py::array>(mask)) {
    throw py::type_error(std::string(name) + " is of type " + type_name(mask) +
                         ", expected an Rle or a NumPy array (height, width)");
  }
  const HeldMask held = as_mask(mask);
  const Unlocked nogil;
  RunBuffer& runs = scratch_runs();
  encode(held.view, runs);
  return {py::object(), nullptr, Rle::trusted(held.view.shape, {runs.begin(), runs.end()})};
}

HeldRles as_rles_of_any_shape(py::handle rles, const char* name) {
  if (rle_or_null(rles) != nullptr) throw py::type_error(std::string(name) + " is one Rle, expected a list of them");
  HeldRles held{as_tuple(rles, name), {}};
  held.rles.reserve(held.keep.size());
  py::detail::make_caster<Rle> caster;  // one for all: it looks the type up when it is made
  for (std::size_t i = 0; i < held.keep.size(); ++i) {
    const py::handle item = PyTuple_GET_ITEM(held.keep.ptr(), static_cast<Py_ssize_t>(i));
    if (!caster.load(item, false)) {
      throw py::type_error(std::string(name) + "[" + std::to_string(i) + "] is of type " + type_name(item) +
                           ", expected Rle" +
                           (py::isinstance<py::array>(item) ? " (Rle.from_mask makes one of a mask)" : ""));
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

HeldPolygons as_polygons(py::handle polygons) {
  static_assert(sizeof(Point) == 2 * sizeof(double));
  HeldPolygons held;
  const py::tuple items = as_tuple(polygons, "polygons");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string place = "polygons[" + std::to_string(i) + "]";
    const py::handle item = PyTuple_GET_ITEM(items.ptr(), static_cast<Py_ssize_t>(i));
    if (rle_or_null(item) != nullptr) throw py::type_error(place + " is an Rle, expected (n, 2) numbers: x, y");
    const auto given = guarded([&] { return py::array::ensure(item); });  // swallows NumPy's error about ragged lists
    if (!given) throw py::type_error(place + " is no array of numbers, expected (n, 2): x, y");
    const char kind = given.dtype().kind();
    if (kind != 'i' && kind != 'u' && kind != 'f') {
      throw py::type_error(place + " has dtype " + shown_dtype(given) + ", expected numbers");
    }
    const auto wide = guarded([&] { return py::array_t<double, py::array::c_style | py::array::forcecast>(given); });
    if (wide.ndim() != 2 || wide.shape(1) != 2) {
      const bool is_ring = wide.ndim() == 1 && wide.shape(0) == 2;
      const bool is_flat = wide.ndim() == 0 || (wide.ndim() == 1 && wide.shape(0) >= 6 && wide.shape(0) % 2 == 0);
      throw py::value_error(place + " has shape " + shown_shape(wide) + ", expected (n, 2): x, y" +
                            (is_ring   ? " (polygons is a list: one ring is [ring])"
                             : is_flat ? " (from_segmentation takes COCO's flat lists x, y, x, y, ...)"
                                       : ""));
    }
    held.polygons.emplace_back(reinterpret_cast<const Point*>(wide.data()), static_cast<std::size_t>(wide.shape(0)));
    held.keep.push_back(wide);
  }
  return held;
}

FillRule as_fill_rule(py::handle rule) {
  if (PyUnicode_Check(rule.ptr()) != 0) {
    if (PyUnicode_CompareWithASCIIString(rule.ptr(), "even-odd") == 0) return FillRule::kEvenOdd;
    if (PyUnicode_CompareWithASCIIString(rule.ptr(), "union") == 0) return FillRule::kUnion;
  }
  throw py::value_error("rule is " + shown_value(rule) +
                        ", expected 'even-odd' (polygons inside others are holes) or 'union' (all are filled)");
}

Overlap as_overlap(py::handle overlap) {
  if (PyUnicode_Check(overlap.ptr()) != 0) {
    constexpr std::pair<const char*, Overlap> kRules[] = {
        {"error", Overlap::kError}, {"first", Overlap::kFirst}, {"last", Overlap::kLast}, {"larger", Overlap::kLarger}};
    for (const auto& [name, rule] : kRules) {
      if (PyUnicode_CompareWithASCIIString(overlap.ptr(), name) == 0) return rule;
    }
  }
  throw py::value_error("overlap is " + shown_value(overlap) +
                        ", expected 'error' (refused), 'first', 'last' or 'larger' (who has the pixels)");
}

py::list as_list(std::vector<Rle> rles) {
  py::list list(rles.size());
  for (std::size_t i = 0; i < rles.size(); ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), py::cast(std::move(rles[i])).release().ptr());
  }
  return list;
}

void expect_one_shape(const Rle& a, const Rle& b) {
  if (a.shape() == b.shape()) return;
  throw FormatError("b has shape " + shown(b.shape()) + ", expected " + shown(a.shape()) + " as a");
}

}  // namespace shipedge
