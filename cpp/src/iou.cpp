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
};

Summary summary(const Rle& rle) { return {rle.runs(), rle.area(), rle.box()}; }

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
      const std::uint32_t both = meet(left.box, other.box) ? intersection_area(left.runs, other.runs) : 0;
      const bool in_crowd = !crowd.empty() && crowd[j] != 0;
      *out++ = ratio(both, in_crowd ? left.area : static_cast<double>(left.area) + other.area - both);
    }
  }
}

}  // namespace shipedge
