#include "shipedge/measures.hpp"

#include <algorithm>
#include <cmath>

namespace shipedge {

double Spread::angle() const noexcept { return std::atan2(xy, (xx - yy) / 2) / 2; }

Spread spread_of(const Rle& mask, const Box& box) {
  double count = 0;
  Spread sum;
  for_each_segment(mask.runs(), mask.shape().height,
                   [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
                     const double rows = bottom - top;
                     const double x = column - box.left;
                     const double y = (top - box.top) + (rows - 1) / 2;
                     count += rows;
                     sum.x += rows * x;
                     sum.y += rows * y;
                     sum.xx += rows * x * x;
                     sum.xy += rows * x * y;
                     sum.yy += rows * y * y + rows * (rows * rows - 1) / 12;
                   });
  const double x = sum.x / count;
  const double y = sum.y / count;
  return {x, y, sum.xx / count - x * x + kPixelSpread, sum.xy / count - x * y, sum.yy / count - y * y + kPixelSpread};
}

std::uint64_t perimeter(const Rle& mask) noexcept {
  const std::uint64_t height = mask.shape().height;
  const Runs runs = mask.runs();
  std::uint64_t pieces = 0;      // of columns: each has an upper and a lower side
  std::uint64_t neighbours = 0;  // pixels whose left neighbour is of the mask too
  auto left = runs.begin();
  for (const Run& run : runs) {
    const std::uint64_t end = std::uint64_t{run.start} + run.length;
    pieces += (end - 1) / height - run.start / height + 1;
    while (left != runs.end() && left->end() + height <= run.start) ++left;
    for (auto other = left; other != runs.end() && other->start + height < end; ++other) {
      neighbours += std::min(end, other->end() + height) - std::max<std::uint64_t>(run.start, other->start + height);
    }
  }
  return 2 * (pieces + mask.area() - neighbours);
}

}  // namespace shipedge
