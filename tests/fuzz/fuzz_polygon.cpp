/// Any numbers as polygons, any bits as a mask: filling never leaves the mask, rings enclose exactly what they came
/// from.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "shipedge/error.hpp"
#include "shipedge/polygon.hpp"

using namespace shipedge;

namespace {

void check(const Rle& mask) {
  std::uint64_t next = 0;
  for (const Run& run : mask.runs()) {
    if (run.start < next || run.length == 0) std::abort();
    next = std::uint64_t{run.start} + run.length + 1;
  }
  if (next > std::uint64_t{mask.shape().pixels()} + 1) std::abort();
}

Rle filled(const Rings& rings, Shape shape) {
  std::vector<std::vector<Point>> points;
  std::size_t at = 0;
  for (const std::size_t end : rings.ends) {
    auto& ring = points.emplace_back();
    for (; at < end; ++at) ring.push_back({1.0 * rings.corners[at].x, 1.0 * rings.corners[at].y});
  }
  const std::vector<Polygon> polygons(points.begin(), points.end());
  return fill_polygons(polygons, shape, FillRule::kEvenOdd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Shape shape{data[0], data[1]};
  const std::uint8_t kind = data[2];
  data += 3;
  size -= 3;

  std::vector<Run> runs;
  for (std::uint32_t i = 0; i < shape.pixels() && i / 8 < size; ++i) {
    if ((data[i / 8] >> i % 8 & 1) != 0) append_run(runs, {i, 1});
  }
  const Rle mask = Rle::trusted(shape, runs);
  if (filled(outline(mask), shape) != mask) std::abort();

  // Doubles as they are (NaN, denormals, infinity), or bytes as half pixels around the mask.
  std::vector<Point> points;
  if ((kind & 1) != 0) {
    points.resize(size / sizeof(Point));
    if (!points.empty()) std::memcpy(points.data(), data, points.size() * sizeof(Point));
  } else {
    for (std::size_t i = 0; i + 1 < size; i += 2) points.push_back({data[i] / 2.0 - 10, data[i + 1] / 2.0 - 10});
  }
  std::vector<Polygon> polygons;
  const std::size_t corners = 3 + kind / 32;
  for (std::size_t i = 0; i + corners <= points.size(); i += corners) polygons.emplace_back(&points[i], corners);
  for (const FillRule rule : {FillRule::kEvenOdd, FillRule::kUnion}) {
    try {
      check(fill_polygons(polygons, shape, rule));
    } catch (const FormatError&) {
    }
  }
  return 0;
}
