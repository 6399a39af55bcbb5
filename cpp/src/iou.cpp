#include "shipedge/iou.hpp"

#include <algorithm>
#include <vector>

namespace shipedge {
namespace {

/// What IoU asks of a mask again and again.
struct Summary {
  Runs runs;
  std::uint32_t area;
  Box box;
  bool one_a_column;
};

Summary summary(const Rle& rle) {
  const auto [box, one_a_column] = extent_of(rle.runs(), rle.shape().height);
  return {rle.runs(), rle.area(), box, one_a_column};
}

/// Number of pixels in both masks, whose boxes meet.
std::uint32_t overlap(const Summary& a, const Summary& b, std::uint32_t height) noexcept {
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
bool meet(const Box& a, const Box& b) noexcept {
  return ((a.left < b.right) & (b.left < a.right) & (a.top < b.bottom) & (b.top < a.bottom)) != 0;
}

double ratio(std::uint32_t both, double whole) noexcept { return both == 0 ? 0.0 : both / whole; }

}  // namespace

std::uint32_t intersection_area(Runs a, Runs b) noexcept {
  std::uint32_t area = 0;
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() && j != b.end()) {
    const std::uint32_t start = std::max(i->start, j->start);
    const std::uint32_t end = std::min(i->end(), j->end());
    if (start < end) area += end - start;
    if (i->end() < j->end()) {
      ++i;
    } else {
      ++j;
    }
  }
  return area;
}

double iou(const Rle& a, const Rle& b) noexcept {
  const std::uint32_t both = intersection_area(a.runs(), b.runs());
  return ratio(both, static_cast<double>(a.area()) + b.area() - both);
}

void iou_matrix(std::span<const Rle* const> rows, std::span<const Rle* const> columns,
                std::span<const std::uint8_t> crowd, double* out) {
  std::vector<Summary> right;
  right.reserve(columns.size());
  for (const Rle* rle : columns) right.push_back(summary(*rle));
  for (const Rle* rle : rows) {
    const Summary left = summary(*rle);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const Summary& other = right[j];
      const std::uint32_t both = meet(left.box, other.box) ? overlap(left, other, rle->shape().height) : 0;
      const bool in_crowd = !crowd.empty() && crowd[j] != 0;
      *out++ = ratio(both, in_crowd ? left.area : static_cast<double>(left.area) + other.area - both);
    }
  }
}

}  // namespace shipedge
