#include "shipedge/polygon.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "cleared.hpp"
#include "shipedge/buffer.hpp"
#include "shipedge/error.hpp"
#include "shipedge/set_ops.hpp"

namespace shipedge {
namespace {

constexpr double kReach = 4294967296.0;
constexpr std::uint64_t kMost = std::uint64_t{1} << 28;  // columns reached, and crossed by all edges: 1 GiB each

/// The first of `size` pixels in a row or column whose middle is at `place` or behind it; `size` where none is.
std::uint32_t first_middle(double place, std::uint32_t size) noexcept {
  const double index = place - 0.5;
  if (!(index > 0)) return 0;
  if (index >= size) return size;
  const auto whole = static_cast<std::uint32_t>(index);
  return whole + (whole < index ? 1 : 0);
}

/// An edge of a polygon and the columns [left, right) whose middles it crosses. It goes from left to right whichever
/// way the polygon runs: the neighbour that shares it then computes the same rows.
struct Edge {
  Point from;
  Point to;
  std::uint32_t left;
  std::uint32_t right;
};

[[noreturn]] void refuse_point(std::size_t polygon, std::size_t point, Point place) {
  char shown[64];
  static_cast<void>(std::snprintf(shown, sizeof shown, "(%g, %g)", place.x, place.y));
  throw FormatError("polygon " + std::to_string(polygon + 1) + ": point " + std::to_string(point + 1) + " is " + shown +
                    ", expected coordinates from -4294967296 to 4294967296");
}

/// Appends the edges that cross any middle. The points may change meanwhile: the columns of an edge are computed once,
/// so that what is counted is what is filled in.
void add_edges(Polygon polygon, std::size_t index, std::uint32_t width, Buffer<Edge>& edges) {
  if (polygon.size() < 3) {
    throw FormatError("polygon " + std::to_string(index + 1) + " has " + std::to_string(polygon.size()) +
                      " points, expected 3 or more");
  }
  const auto fits = [](double value) { return value >= -kReach && value <= kReach; };  // false for NaN
  Edge* next = edges.reserve(polygon.size());
  Edge* const first = next;
  Point from = polygon.back();
  std::uint32_t from_column = first_middle(from.x, width);
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point to = polygon[i];
    if (!fits(to.x) || !fits(to.y)) refuse_point(index, i, to);
    const std::uint32_t to_column = first_middle(to.x, width);
    if (from_column < to_column) *next++ = {from, to, from_column, to_column};
    if (to_column < from_column) *next++ = {to, from, to_column, from_column};
    from = to;
    from_column = to_column;
  }
  edges.grow(static_cast<std::size_t>(next - first));
}

/// The pixels inside an odd number of times. Rows where a column changes between outside and inside are gathered column
/// by column, a counting sort; every polygon changes an even number of times in a column.
Rle fill_together(std::span<const Edge> edges, Shape shape) {
  if (edges.empty()) return Rle(shape);
  std::uint32_t left = shape.width;
  std::uint32_t right = 0;
  for (const Edge& edge : edges) {
    left = std::min(left, edge.left);
    right = std::max(right, edge.right);
  }
  if (right - left > kMost) {
    throw FormatError("the polygons reach over " + std::to_string(right - left) + " columns, expected at most " +
                      std::to_string(kMost));
  }
  // How the number of changes differs from that of the column before; then the place of a column's first change, which
  // becomes the place behind its last one as they are filled in.
  std::vector<std::uint32_t> places(right - left + 1);
  for (const Edge& edge : edges) {
    ++places[edge.left - left];
    --places[edge.right - left];
  }
  std::uint32_t changes = 0;
  std::uint32_t place = 0;
  for (std::uint32_t& value : places) {
    changes += value;
    value = place;
    place += changes;
  }
  std::vector<std::uint32_t> rows(place);
  for (const Edge& edge : edges) {
    const double width = edge.to.x - edge.from.x;
    const double height = edge.to.y - edge.from.y;
    for (std::uint32_t column = edge.left; column < edge.right; ++column) {
      const double share = (column + 0.5 - edge.from.x) / width;
      rows[places[column - left]++] = first_middle(edge.from.y + share * height, shape.height);
    }
  }
  std::vector<Run> runs;
  runs.reserve(rows.size() / 2);
  auto row = rows.begin();
  for (std::uint32_t column = left; column < right; ++column) {
    const auto end = rows.begin() + places[column - left];
    std::sort(row, end);
    for (; end - row > 1; row += 2) {
      if (row[0] != row[1]) append_run(runs, {column * shape.height + row[0], row[1] - row[0]});
    }
    row = end;
  }
  return Rle::trusted(shape, std::move(runs));
}

}  // namespace

Rle fill_polygons(std::span<const Polygon> polygons, Shape shape, FillRule rule) {
  thread_local Buffer<Edge> edges;
  const Cleared around(edges);
  std::vector<std::size_t> ends;  // of each polygon's edges
  ends.reserve(polygons.size());
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    add_edges(polygons[i], i, shape.width, edges);
    ends.push_back(edges.size());
  }
  std::uint64_t crossings = 0;
  for (const Edge& edge : edges) crossings += edge.right - edge.left;
  if (crossings > kMost) {
    throw FormatError("the edges of the polygons cross " + std::to_string(crossings) +
                      " columns in all, expected at most " + std::to_string(kMost));
  }
  if (rule == FillRule::kEvenOdd || polygons.size() == 1) return fill_together({edges.begin(), edges.end()}, shape);
  std::vector<Rle> filled;
  filled.reserve(polygons.size());
  const Edge* first = edges.data();
  for (const std::size_t end : ends) {
    const Edge* const last = edges.data() + end;
    filled.push_back(fill_together({first, last}, shape));
    first = last;
  }
  std::vector<const Rle*> masks;
  masks.reserve(filled.size());
  for (const Rle& mask : filled) masks.push_back(&mask);
  return unite(masks, shape);
}

}  // namespace shipedge
