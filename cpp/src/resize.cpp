#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "shipedge/geometry.hpp"

namespace shipedge {
namespace {

/// Which pixels of a row or column are taken: the nearest to the middle of each new one.
struct NearestMiddle {
  std::uint32_t from;  // old pixels
  std::uint32_t to;    // new ones

  /// The first new pixel that shows `pixel` or a later one.
  [[nodiscard]] std::uint32_t first(std::uint32_t pixel) const noexcept {
    // The smallest i with (i + 1/2) * from / to >= pixel, that is i >= pixel * to / from - 1/2.
    const std::uint64_t scaled = std::uint64_t{pixel} * to;
    return static_cast<std::uint32_t>(scaled / from + (2 * (scaled % from) > from ? 1 : 0));
  }
};

/// OpenCV's choice, with what its doubles are rounded to.
struct NearestCorner {
  NearestCorner(std::uint32_t old_pixels, std::uint32_t new_pixels) noexcept
      : from(old_pixels), to(new_pixels), scale(1.0 / (static_cast<double>(new_pixels) / old_pixels)) {}

  [[nodiscard]] std::uint32_t first(std::uint32_t pixel) const noexcept {
    if (pixel >= from) return to;
    const auto shown = [&](std::uint32_t i) { return std::min(std::floor(i * scale), from - 1.0); };
    auto i = static_cast<std::uint32_t>(std::min<double>(pixel / scale, to));
    while (i > 0 && shown(i - 1) >= pixel) --i;
    while (i < to && shown(i) < pixel) ++i;
    return i;
  }

  std::uint32_t from;
  std::uint32_t to;
  double scale;
};

/// Every k-th pixel.
struct EveryOther {
  std::uint32_t step;

  [[nodiscard]] std::uint32_t first(std::uint32_t pixel) const noexcept { return pixel / step + (pixel % step != 0); }
};

/// The mask of the pixels that two choices take of each column and row.
template <class Choice>
Rle sampled(const Rle& rle, Shape shape, const Choice& rows, const Choice& columns) {
  const std::uint32_t height = rle.shape().height;
  std::vector<Run> runs;
  std::vector<Run> column;  // the new rows of the old column that is being read, as runs of one column
  std::uint32_t now = 0;    // that old column
  const auto finish = [&] {
    if (column.empty()) return;
    const std::uint32_t left = columns.first(now);
    const std::uint32_t right = columns.first(now + 1);
    if (column.front().length == shape.height) {
      if (left < right) append_run(runs, run_of({left, 0, right, shape.height}, shape.height));
    } else {
      for (std::uint32_t to = left; to < right; ++to) {
        for (const Run& run : column) append_run(runs, {to * shape.height + run.start, run.length});
      }
    }
    column.clear();
  };
  for_each_box(rle.runs(), height, [&](const Box& box) {
    if (box.left != now) finish();
    now = box.left;
    if (box.bottom - box.top == height) {
      const std::uint32_t left = columns.first(box.left);
      const std::uint32_t right = columns.first(box.right);
      if (left < right && shape.height != 0) append_run(runs, run_of({left, 0, right, shape.height}, shape.height));
      return;
    }
    const std::uint32_t top = rows.first(box.top);
    const std::uint32_t bottom = rows.first(box.bottom);
    if (top < bottom) append_run(column, {top, bottom - top});
  });
  finish();
  return Rle::trusted(shape, std::move(runs));
}

}  // namespace

Rle resize(const Rle& rle, Shape shape, Nearest nearest) {
  const auto [height, width] = rle.shape();
  if (rle.empty() || shape.pixels() == 0) return Rle(shape);
  if (nearest == Nearest::kCorner) {
    return sampled(rle, shape, NearestCorner(height, shape.height), NearestCorner(width, shape.width));
  }
  return sampled(rle, shape, NearestMiddle{height, shape.height}, NearestMiddle{width, shape.width});
}

Rle every(const Rle& rle, std::uint32_t rows, std::uint32_t columns) {
  const EveryOther down{rows};
  const EveryOther right{columns};
  return sampled(rle, {down.first(rle.shape().height), right.first(rle.shape().width)}, down, right);
}

}  // namespace shipedge
