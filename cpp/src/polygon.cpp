#include "shipedge/polygon.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "shipedge/error.hpp"
#include "shipedge/set_ops.hpp"

namespace shipedge {
namespace {

constexpr double kReach = 4294967296.0;
constexpr std::uint64_t kMostCrossings = std::uint64_t{1} << 28;  // 1 GiB of positions

/// The first of `size` pixels in a row or column whose middle is at `place` or behind it; `size` where none is.
std::uint32_t first_middle(double place, std::uint32_t size) noexcept {
  const double index = place - 0.5;
  if (!(index > 0)) return 0;
  if (index >= size) return size;
  const auto whole = static_cast<std::uint32_t>(index);
  return whole + (whole < index ? 1 : 0);
}

/// An edge of a polygon and the columns [left, right) whose middles it crosses.
struct Edge {
  Point from;
  Point to;
  std::uint32_t left;
  std::uint32_t right;
};

/// Calls visit(edge) for each edge, which goes from left to right whichever way the polygon runs: the neighbour that
/// shares it then computes the same rows.
template <class Visit>
void for_each_edge(Polygon polygon, std::uint32_t width, Visit&& visit) {
  Point from = polygon.back();
  for (const Point& to : polygon) {
    const bool backwards = to.x < from.x;
    const Point& first = backwards ? to : from;
    const Point& last = backwards ? from : to;
    visit(Edge{first, last, first_middle(first.x, width), first_middle(last.x, width)});
    from = to;
  }
}

void check(Polygon polygon, std::size_t index) {
  const std::string name = "polygon " + std::to_string(index + 1);
  if (polygon.size() < 3) {
    throw FormatError(name + " has " + std::to_string(polygon.size()) + " points, expected 3 or more");
  }
  const auto fits = [](double value) { return value >= -kReach && value <= kReach; };  // false for NaN
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const auto [x, y] = polygon[i];
    if (!fits(x) || !fits(y)) {
      char place[64];
      std::snprintf(place, sizeof place, "(%g, %g)", x, y);
      throw FormatError(name + ": point " + std::to_string(i + 1) + " is " + place +
                        ", expected coordinates from -4294967296 to 4294967296");
    }
  }
}

/// Appends the position of each change between outside and inside. One below the last row is the next column's first
/// pixel: every polygon changes an even number of times in a column, so it ends what began.
void append_changes(Polygon polygon, Shape shape, std::vector<std::uint32_t>& changes) {
  for_each_edge(polygon, shape.width, [&](const Edge& edge) {
    const double width = edge.to.x - edge.from.x;
    const double height = edge.to.y - edge.from.y;
    for (std::uint32_t column = edge.left; column < edge.right; ++column) {
      const double share = (column + 0.5 - edge.from.x) / width;
      changes.push_back(column * shape.height + first_middle(edge.from.y + share * height, shape.height));
    }
  });
}

Rle between(std::vector<std::uint32_t>& changes, Shape shape) {
  std::ranges::sort(changes);
  std::vector<Run> runs;
  for (std::size_t i = 0; i + 1 < changes.size(); i += 2) {
    if (changes[i] != changes[i + 1]) append_run(runs, {changes[i], changes[i + 1] - changes[i]});
  }
  return Rle::trusted(shape, std::move(runs));
}

}  // namespace

Rle fill_polygons(std::span<const Polygon> polygons, Shape shape, FillRule rule) {
  std::uint64_t crossings = 0;
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    check(polygons[i], i);
    for_each_edge(polygons[i], shape.width, [&](const Edge& edge) { crossings += edge.right - edge.left; });
  }
  if (crossings > kMostCrossings) {
    throw FormatError("the edges of the polygons cross " + std::to_string(crossings) +
                      " columns in all, expected at most " + std::to_string(kMostCrossings));
  }
  std::vector<std::uint32_t> changes;
  if (rule == FillRule::kEvenOdd) {
    changes.reserve(crossings);
    for (const Polygon polygon : polygons) append_changes(polygon, shape, changes);
    return between(changes, shape);
  }
  std::vector<Rle> filled;
  filled.reserve(polygons.size());
  for (const Polygon polygon : polygons) {
    changes.clear();
    append_changes(polygon, shape, changes);
    filled.push_back(between(changes, shape));
  }
  if (filled.size() == 1) return std::move(filled.front());
  std::vector<const Rle*> masks;
  masks.reserve(filled.size());
  for (const Rle& mask : filled) masks.push_back(&mask);
  return unite(masks, shape);
}

}  // namespace shipedge
