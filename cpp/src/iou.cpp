#include "shipedge/iou.hpp"

#include <vector>

#include "summary.hpp"

namespace shipedge {
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
  for (const Rle* rle : columns) right.emplace_back(*rle);
  for (const Rle* rle : rows) {
    const Summary left(*rle);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const Summary& other = right[j];
      const std::uint32_t both = meet(left.box, other.box) ? overlap(left, other, rle->shape().height) : 0;
      const bool in_crowd = !crowd.empty() && crowd[j] != 0;
      *out++ = ratio(both, in_crowd ? left.area : static_cast<double>(left.area) + other.area - both);
    }
  }
}

}  // namespace shipedge
