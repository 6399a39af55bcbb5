#include "shipedge/geometry.hpp"

#include <algorithm>
#include <string>

#include "bindings.hpp"
#include "numpy_io.hpp"
#include "shipedge/morphology.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

Rle crop(const Rle& rle, const py::object& bbox, const py::object& step) {
  const Box box = as_box(bbox, rle.shape());
  const auto [rows, columns] = as_step(step);
  const Unlocked nogil;
  Rle inside = window(rle, box.top, box.left, {box.bottom - box.top, box.right - box.left});
  if (rows != 1 || columns != 1) inside = every(inside, rows, columns);
  return inside;
}

Rle pad(const Rle& rle, const py::object& top, const py::object& bottom, const py::object& left,
        const py::object& right) {
  const std::int64_t above = as_pixels(top, "top");
  const std::int64_t before = as_pixels(left, "left");
  const std::int64_t height = above + rle.shape().height + as_pixels(bottom, "bottom");
  const std::int64_t width = before + rle.shape().width + as_pixels(right, "right");
  const Shape shape = Shape::checked(height, width);
  const Unlocked nogil;
  return window(rle, -above, -before, shape);
}

Rle shift(const Rle& rle, const py::object& dy, const py::object& dx) {
  const auto distance = [](py::handle value, const char* name) {
    constexpr std::int64_t kFar = std::int64_t{1} << 32;  // farther than any mask is long
    return std::clamp(as_integer(value, name), -kFar, kFar);
  };
  const std::int64_t down = distance(dy, "dy");
  const std::int64_t right = distance(dx, "dx");
  const Unlocked nogil;
  return window(rle, -down, -right, rle.shape());
}

Rle flip(const Rle& rle, const py::object& axis) {
  const std::int64_t along = as_integer(axis, "axis");
  if (along != 0 && along != 1) {
    throw py::value_error("axis is " + std::to_string(along) + ", expected 0 (upside down) or 1 (left to right)");
  }
  const Unlocked nogil;
  return along == 0 ? flip_rows(rle) : flip_columns(rle);
}

Rle rot90(const Rle& rle, const py::object& k) {
  const std::int64_t turns = as_integer(k, "k");
  const Unlocked nogil;
  return rotate(rle, turns);
}

Rle resize_to(const Rle& rle, const py::object& shape, const py::object& nearest) {
  const Shape wanted = as_shape(shape);
  const bool is_text = PyUnicode_Check(nearest.ptr()) != 0;
  const bool is_corner = is_text && PyUnicode_CompareWithASCIIString(nearest.ptr(), "opencv") == 0;
  if (!is_corner && (!is_text || PyUnicode_CompareWithASCIIString(nearest.ptr(), "middle") != 0)) {
    throw py::value_error("nearest is " + shown_value(nearest) +
                          ", expected 'middle' (pixel centres) or 'opencv' (INTER_NEAREST)");
  }
  const Unlocked nogil;
  return resize(rle, wanted, is_corner ? Nearest::kCorner : Nearest::kMiddle);
}

Rle opened(const Rle& rle, std::uint32_t rows, std::uint32_t columns) {
  return dilate(erode(rle, rows, columns), rows, columns);
}

Rle closed(const Rle& rle, std::uint32_t rows, std::uint32_t columns) {
  return erode(dilate(rle, rows, columns), rows, columns);
}

Rle near_outline(const Rle& rle, const py::object& ratio) {
  const std::uint32_t distance = boundary_distance(rle.shape(), as_number(ratio, "ratio"));
  const Unlocked nogil;
  return boundary(rle, distance);
}

Rle without_small(const Rle& rle, const py::object& min_area, const py::object& connectivity) {
  const std::uint32_t least = as_pixels(min_area, "min_area");
  const Connectivity joined = as_connectivity(connectivity);
  const Unlocked nogil;
  return large_parts(rle, joined, least);
}

Rle largest(const Rle& rle, const py::object& connectivity) {
  const Connectivity joined = as_connectivity(connectivity);
  const Unlocked nogil;
  return largest_part(rle, joined);
}

template <Rle (*kOperation)(const Rle&, std::uint32_t, std::uint32_t)>
Rle morph(const Rle& rle, const py::object& radius) {
  const auto [rows, columns] = as_reach(radius);
  const Unlocked nogil;
  return kOperation(rle, rows, columns);
}

Rle filled(const Rle& rle, const py::object& connectivity, const py::object& max_area) {
  const Connectivity of_background = as_connectivity(connectivity);
  const std::uint32_t most = max_area.is_none() ? ~std::uint32_t{0} : as_pixels(max_area, "max_area");
  const Unlocked nogil;
  return fill_holes(rle, of_background, most);
}

}  // namespace

void bind_geometry(py::class_<Rle>& cls) {
  cls.def("crop", &crop, py::arg("bbox"), py::arg("step") = 1,
          R"(What is inside a box, as a mask of that size.

Args:
    bbox: (left, top, right, bottom), half-open, as `Rle.bbox`; it lies in the mask. A box of COCO, (x, y, width,
        height), is (x, y, x + width, y + height).
    step: Only every so many pixels along each side, from the first one on: an integer or (rows, columns), as
        mask[top:bottom:rows, left:right:columns].)")
      .def("pad", &pad, py::arg("top") = 0, py::arg("bottom") = 0, py::arg("left") = 0, py::arg("right") = 0,
           "The mask with so many empty rows and columns around it.")
      .def("shift", &shift, py::arg("dy"), py::arg("dx"),
           "Moved down by `dy` and right by `dx` pixels in an image of the same shape; what leaves it is lost.")
      .def("flip", &flip, py::arg("axis"), "Mirrored as np.flip does: axis 0 is upside down, 1 left to right.")
      .def("rot90", &rot90, py::arg("k") = 1, "Turned counterclockwise by `k` quarter turns, as np.rot90 does.")
      .def("transpose", &Rle::transposed, py::call_guard<Unlocked>(), "Rows and columns exchanged.")
      .def("resize", &resize_to, py::arg("shape"), py::arg("nearest") = "middle",
           R"(The mask at another (height, width) by nearest neighbour.

Args:
    shape: (height, width) in pixels.
    nearest: "middle": pixel i of n new ones is pixel floor((i + 1/2) * m / n) of m old ones, along each side; the mask
        does not move. "opencv": floor(i * m / n), what cv2.resize gives with INTER_NEAREST: it moves the mask by up
        to half a pixel, old or new, to the lower right.)")
      .def("dilate", &morph<dilate>, py::arg("radius"),
           R"(Pixels that have a pixel of the mask in the rectangle around them.

Args:
    radius: r for the square of 2 r + 1 pixels a side, or (rows, columns) for a rectangle. Nothing comes in from
        outside the image.)")
      .def("erode", &morph<erode>, py::arg("radius"),
           R"(Pixels whose whole rectangle is in the mask; the mask does not shrink from the border of the image.

Args:
    radius: As for `dilate`: a.erode(r) is ~(~a).dilate(r).)")
      .def("opening", &morph<opened>, py::arg("radius"),
           R"(What is left of the mask without pieces narrower than the rectangle: eroded, then dilated.

Args:
    radius: As for `dilate`.)")
      .def("closing", &morph<closed>, py::arg("radius"),
           R"(The mask with gaps narrower than the rectangle filled: dilated, then eroded.

Args:
    radius: As for `dilate`.)")
      .def(
          "boundary", &near_outline, py::arg("ratio") = 0.02,
          R"(Pixels of the mask near its outline, as the Boundary IoU compares them; IoU matrices of them are its matrices.

Args:
    ratio: How near, as a share of the diagonal of the image: rounded to pixels, at least one. What lies outside of the
        image counts as background. The distance is that of squares, as of repeated erosion by 3 x 3 pixels.)")
      .def("remove_small", &without_small, py::arg("min_area"), py::arg("connectivity") = 8,
           R"(The mask without connected parts of fewer pixels.

Args:
    min_area: Pixels that a part must have to stay.
    connectivity: 8 joins pixels that touch at a corner, 4 only at a side.)")
      .def("largest", &largest, py::arg("connectivity") = 8,
           R"(The connected part with the most pixels; of equally large ones the first, column by column.

Args:
    connectivity: As for `remove_small`.)")
      .def("fill_holes", &filled, py::arg("connectivity") = 4, py::arg("max_area") = py::none(),
           R"(The mask and its holes: parts of the background that do not reach the border of the image.

Args:
    connectivity: 4 joins background pixels at their sides only, 8 also at corners.
    max_area: Only holes of at most so many pixels. None: all.)");
}

}  // namespace shipedge
