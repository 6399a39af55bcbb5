#include "shipedge/morphology.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "shipedge/geometry.hpp"
#include "shipedge/set_ops.hpp"

namespace shipedge {
namespace {

/// Appends a run that starts at or after the start of the last one.
void join_run(std::vector<Run>& runs, Run run) {
  if (!runs.empty() && run.start < runs.back().end()) {
    runs.back().length = std::max(runs.back().end(), run.end()) - runs.back().start;
  } else {
    append_run(runs, run);
  }
}

/// Each run made longer at both ends, within its column.
std::vector<Run> stretch(const Rle& rle, std::uint32_t rows) {
  const std::uint32_t height = rle.shape().height;
  std::vector<Run> runs;
  runs.reserve(rle.runs().size());
  for_each_box(rle.runs(), height, [&](const Box& box) {
    const std::uint32_t top = box.top - std::min(box.top, rows);
    const std::uint32_t bottom = box.bottom + std::min(height - box.bottom, rows);
    join_run(runs, run_of({box.left, top, box.right, bottom}, height));
  });
  return runs;
}

/// The union of the runs and their copies moved by so many positions, less what leaves the mask.
std::vector<Run> with_moved(Runs runs, std::int64_t by, std::int64_t pixels) {
  std::vector<Run> both;
  both.reserve(runs.size());
  auto own = runs.begin();
  for (const Run& run : runs) {
    const std::int64_t start = std::max<std::int64_t>(run.start + by, 0);
    const std::int64_t end = std::min<std::int64_t>(run.end() + by, pixels);
    if (start >= end) continue;
    for (; own != runs.end() && own->start <= start; ++own) join_run(both, *own);
    join_run(both, {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end - start)});
  }
  for (; own != runs.end(); ++own) join_run(both, *own);
  return both;
}

/// The union of the runs moved by 0 to `columns` columns to the right, or to the left if `sign` is -1.
std::vector<Run> smear(std::vector<Run> runs, Shape shape, std::uint32_t columns, std::int64_t sign) {
  for (std::uint32_t reach = 0; reach < columns;) {  // copies of what reaches r columns, r + 1 apart, reach 2 r + 1
    const std::uint32_t step = std::min(reach + 1, columns - reach);
    runs = with_moved(runs, sign * step * shape.height, shape.pixels());
    reach += step;
  }
  return runs;
}

}  // namespace

Rle dilate(const Rle& rle, std::uint32_t rows, std::uint32_t columns) {
  const Shape shape = rle.shape();
  if (rle.empty()) return rle;
  const std::uint32_t farthest = std::min(columns, shape.width - 1);
  return Rle::trusted(shape, smear(smear(stretch(rle, rows), shape, farthest, 1), shape, farthest, -1));
}

Rle erode(const Rle& rle, std::uint32_t rows, std::uint32_t columns) {
  return complement(dilate(complement(rle), rows, columns));
}

Rle fill_holes(const Rle& rle, Connectivity of_background, std::uint32_t max_area) {
  return complement(parts_at_border(complement(rle), of_background, max_area));
}

Rle boundary(const Rle& rle, std::uint32_t distance) {
  if (rle.empty()) return rle;
  // Only what lies in the box of the mask may be left of it, and one pixel around stands for everything outside.
  const Box box = rle.box();
  const Shape framed = Shape::checked(std::int64_t{box.bottom} - box.top + 2, std::int64_t{box.right} - box.left + 2);
  const std::int64_t top = std::int64_t{box.top} - 1;
  const std::int64_t left = std::int64_t{box.left} - 1;
  const Rle inner = erode(window(rle, top, left, framed), distance, distance);
  return subtract(rle, window(inner, -top, -left, rle.shape()));
}

std::uint32_t boundary_distance(Shape shape, double share) noexcept {
  const double diagonal = std::hypot(static_cast<double>(shape.height), static_cast<double>(shape.width));
  return static_cast<std::uint32_t>(std::clamp(std::nearbyint(share * diagonal), 1.0, 4294967295.0));
}

}  // namespace shipedge
