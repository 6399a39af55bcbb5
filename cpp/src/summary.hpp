#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "shipedge/iou.hpp"

namespace shipedge {

/// What measures of overlap ask of a mask again and again.
struct Summary {
  explicit Summary(const Rle& rle) : Summary(rle, extent_of(rle.runs(), rle.shape().height)) {}

  Runs runs;
  std::uint32_t area;
  Box box;
  bool one_a_column;

 private:
  Summary(const Rle& rle, const Extent& extent)
      : runs(rle.runs()), area(rle.area()), box(extent.box), one_a_column(extent.one_a_column) {}
};

/// Number of pixels in both masks, whose boxes meet.
inline std::uint32_t overlap(const Summary& a, const Summary& b, std::uint32_t height) noexcept {
  const std::uint32_t left = std::max(a.box.left, b.box.left);
  const std::uint32_t right = std::min(a.box.right, b.box.right);
  if (a.one_a_column && b.one_a_column) {  // column by column, nothing to search and nothing to guess
    const Run* const first = a.runs.data() + (left - a.box.left);
    const Run* const second = b.runs.data() + (left - b.box.left);
    std::uint32_t area = 0;
    for (std::uint32_t i = 0; i < right - left; ++i) {
      const std::uint32_t start = std::max(first[i].start, second[i].start);
      area += std::max(std::min(first[i].end(), second[i].end()), start) - start;
    }
    return area;
  }
  const auto from = [&](Runs runs) {
    const auto begin = std::ranges::partition_point(runs, [&](const Run& run) { return run.end() <= left * height; });
    return runs.subspan(static_cast<std::size_t>(begin - runs.begin()));
  };
  return intersection_area(from(a.runs), from(b.runs));
}

// No short circuit: four comparisons cost less than one branch that cannot be foreseen.
inline bool meet(const Box& a, const Box& b) noexcept {
  return ((a.left < b.right) & (b.left < a.right) & (a.top < b.bottom) & (b.top < a.bottom)) != 0;
}

inline double ratio(std::uint32_t both, double whole) noexcept { return both == 0 ? 0.0 : both / whole; }

}  // namespace shipedge
