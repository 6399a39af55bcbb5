#include "shipedge/rectangle.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "shipedge/polygon.hpp"

namespace shipedge {
namespace {

/// A pixel, or the way from one to another.
struct Step {
  std::int64_t x;
  std::int64_t y;

  Step operator-(const Step& other) const noexcept { return {x - other.x, y - other.y}; }
  bool operator==(const Step&) const = default;
};

/// Positive where b is on the right hand of a, as the image is seen. Inside a mask it fits 64 bits.
std::int64_t cross(Step a, Step b) noexcept { return a.x * b.y - a.y * b.x; }

double dot(Step a, Step b) noexcept {
  return static_cast<double>(a.x) * static_cast<double>(b.x) + static_cast<double>(a.y) * static_cast<double>(b.y);
}

/// Appends a corner of a ring that turns right everywhere; `first` is where its half begins.
void append_corner(std::vector<Step>& ring, std::size_t first, Step corner) {
  while (ring.size() >= first + 2 && cross(ring.back() - ring[ring.size() - 2], corner - ring.back()) <= 0) {
    ring.pop_back();
  }
  if (ring.empty() || ring.back() != corner) ring.push_back(corner);
}

/// The corners of the convex hull of the pixels, clockwise from the upper one in the first column.
std::vector<Step> hull_of(const Rle& mask) {
  std::vector<Step> tops;
  std::vector<Step> bottoms;
  for_each_segment(mask.runs(), mask.shape().height, [&](std::int64_t column, std::int64_t top, std::int64_t bottom) {
    if (!tops.empty() && tops.back().x == column) {
      bottoms.back().y = bottom - 1;
    } else {
      tops.push_back({column, top});
      bottoms.push_back({column, bottom - 1});
    }
  });
  std::vector<Step> ring;
  for (const Step& top : tops) append_corner(ring, 0, top);
  const std::size_t half = ring.size() - 1;
  for (auto bottom = bottoms.rbegin(); bottom != bottoms.rend(); ++bottom) append_corner(ring, half, *bottom);
  if (ring.size() > 1 && ring.back() == ring.front()) ring.pop_back();
  return ring;
}

/// A rectangle with a side on the hull: how far it reaches along that side, back and ahead, and to its right.
struct Around {
  Step from{0, 0};
  Step ahead{1, 0};
  double back = 0;
  double front = 0;
  double right = 0;

  [[nodiscard]] double area() const noexcept { return (front - back) * right / dot(ahead, ahead); }
};

/// Rotating calipers: as the side goes around the hull, so do the corners that are furthest ahead, right and back.
Around smallest_around(const std::vector<Step>& ring) {
  const std::size_t count = ring.size();
  Around best{ring.front()};
  std::size_t front = 1 % count;
  std::size_t right = front;
  std::size_t back = front;
  for (std::size_t i = 0; count > 1 && i < count; ++i) {
    const Step from = ring[i];
    const Step ahead = ring[(i + 1) % count] - from;
    // The corner where `far` stops growing, in at most one turn.
    const auto advance = [&](std::size_t start, auto&& far) {
      std::size_t at = start;
      for (std::size_t turns = 0; turns < count && far(ring[(at + 1) % count]) >= far(ring[at]); ++turns) {
        at = (at + 1) % count;
      }
      return at;
    };
    if (front == i) front = (i + 1) % count;
    front = advance(front, [&](Step corner) { return dot(ahead, corner - from); });
    if (i == 0) right = front;
    right = advance(right, [&](Step corner) { return cross(ahead, corner - from); });
    if (i == 0) back = right;
    back = advance(back, [&](Step corner) { return -dot(ahead, corner - from); });
    const Around now{from, ahead, dot(ahead, ring[back] - from), dot(ahead, ring[front] - from),
                     static_cast<double>(cross(ahead, ring[right] - from))};
    if (i == 0 || now.area() < best.area()) best = now;
  }
  return best;
}

}  // namespace

Rectangle smallest_rectangle(const Rle& mask) {
  const Around around = smallest_around(hull_of(mask));
  const double norm = dot(around.ahead, around.ahead);
  const double unit = std::sqrt(norm);
  const auto [x, y] = around.ahead;
  const double along = (around.back + around.front) / 2 / norm;
  const double aside = around.right / 2 / norm;
  Rectangle found{
      static_cast<double>(around.from.x) + 0.5 + along * static_cast<double>(x) - aside * static_cast<double>(y),
      static_cast<double>(around.from.y) + 0.5 + along * static_cast<double>(y) + aside * static_cast<double>(x),
      (around.front - around.back) / unit + 1, around.right / unit + 1,
      std::atan2(static_cast<double>(y), static_cast<double>(x))};
  using std::numbers::pi;
  if (found.width > found.length) {
    std::swap(found.length, found.width);
    found.angle += pi / 2;
  }
  while (found.angle >= pi / 2) found.angle -= pi;
  while (found.angle < -pi / 2) found.angle += pi;
  // Both ways are as long: the one that points up.
  if (found.width == found.length && found.angle >= 0) found.angle -= pi / 2;
  return found;
}

Rle outline_of(const Rectangle& rectangle, Shape shape) {
  const auto& [x, y, length, width, angle] = rectangle;
  const Point along{std::cos(angle) * length / 2, std::sin(angle) * length / 2};
  const Point across{-std::sin(angle) * width / 2, std::cos(angle) * width / 2};
  const std::array<Point, 4> corners{{{x + along.x + across.x, y + along.y + across.y},
                                      {x + along.x - across.x, y + along.y - across.y},
                                      {x - along.x - across.x, y - along.y - across.y},
                                      {x - along.x + across.x, y - along.y + across.y}}};
  const Polygon polygon(corners);
  return fill_polygons({&polygon, 1}, shape, FillRule::kEvenOdd);
}

Rectangle corrected(const Rectangle& rectangle, const Correction& said) {
  const auto& [x, y, length, width, angle] = rectangle;
  const auto number = [&](std::size_t i) { return (said[i] - 0.5) * 2 * kReach; };
  const double along = number(0) * length;
  const double across = number(1) * width;
  const double turn = std::asin(std::clamp(number(4) * 2 * width / length, -0.5, 0.5));
  return {x + std::cos(angle) * along - std::sin(angle) * across,
          y + std::sin(angle) * along + std::cos(angle) * across, length * std::exp(number(2)),
          width * std::exp(number(3)), angle + turn};
}

std::vector<Rle> separate(Masks refined, Masks before) {
  std::vector<std::size_t> order(refined.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<std::uint32_t> areas;
  for (const Rle* outline : refined) areas.push_back(outline->area());
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return areas[i]; });
  std::vector<Rle> found;
  found.reserve(refined.size());
  for (const Rle* outline : refined) found.emplace_back(outline->shape());
  std::vector<Box> boxes(refined.size());  // of what is found; all zero meets nothing
  for (const std::size_t k : order) {
    for (const Rle* outline : {refined[k], before[k]}) {
      const Box box = outline->box();
      Rle free = *outline;
      for (std::size_t i = 0; i < boxes.size(); ++i) {
        const Box& other = boxes[i];
        const bool meets =
            box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
        if (meets) free = subtract(free, found[i]);
      }
      if (free.empty() || 2 * std::uint64_t{free.area()} < outline->area()) continue;
      boxes[k] = free.box();
      found[k] = std::move(free);
      break;
    }
  }
  return found;
}

}  // namespace shipedge
