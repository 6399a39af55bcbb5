#include <algorithm>
#include <utility>

#include "shipedge/polygon.hpp"

namespace shipedge {
namespace {

double square(double value) noexcept { return value * value; }

double distance_squared(Corner a, Corner b) noexcept {
  return square(static_cast<double>(a.x) - b.x) + square(static_cast<double>(a.y) - b.y);
}

/// Of a corner from the line between two others, or from the nearer of the two where it lies beyond them.
double distance_squared(Corner corner, Corner a, Corner b) noexcept {
  const double dx = static_cast<double>(b.x) - a.x;
  const double dy = static_cast<double>(b.y) - a.y;
  const double x = static_cast<double>(corner.x) - a.x;
  const double y = static_cast<double>(corner.y) - a.y;
  const double length = dx * dx + dy * dy;
  const double along = length == 0 ? 0.0 : std::clamp((x * dx + y * dy) / length, 0.0, 1.0);
  return square(x - along * dx) + square(y - along * dy);
}

/// One ring; its corners are at hand in any order that goes around.
class Ring {
 public:
  explicit Ring(std::span<const Corner> corners) : corners_(corners), kept_(corners.size()) {}

  /// Marks what is kept between two corners; `last` may be the number of corners, which is the first one.
  void keep_between(std::size_t first, std::size_t last, double tolerance) {
    waiting_.assign(1, {first, last});
    while (!waiting_.empty()) {
      const auto [from, to] = waiting_.back();
      waiting_.pop_back();
      const std::size_t at = furthest(from, to);
      if (at == from || distance_squared(corners_[at], corners_[from], corner(to)) <= square(tolerance)) continue;
      kept_[at] = true;
      waiting_.push_back({from, at});
      waiting_.push_back({at, to});
    }
  }

  void append_simplified(double tolerance, std::vector<Corner>& out) {
    const auto by_distance = [&](Corner a, Corner b) {
      return distance_squared(a, corners_[0]) < distance_squared(b, corners_[0]);
    };
    const auto opposite = static_cast<std::size_t>(std::ranges::max_element(corners_, by_distance) - corners_.begin());
    kept_[0] = kept_[opposite] = true;
    keep_between(0, opposite, tolerance);
    keep_between(opposite, corners_.size(), tolerance);
    if (std::ranges::count(kept_, true) < 3) {
      const std::size_t one = furthest(0, opposite);
      const std::size_t other = furthest(opposite, corners_.size());
      const auto away = [&](std::size_t i) { return distance_squared(corners_[i], corners_[0], corners_[opposite]); };
      kept_[one != 0 && (other == opposite || away(one) >= away(other)) ? one : other] = true;
    }
    for (std::size_t i = 0; i < corners_.size(); ++i) {
      if (kept_[i]) out.push_back(corners_[i]);
    }
  }

 private:
  [[nodiscard]] Corner corner(std::size_t i) const noexcept { return corners_[i == corners_.size() ? 0 : i]; }

  /// The corner between two others that is furthest from their line; the first of them where none is between.
  [[nodiscard]] std::size_t furthest(std::size_t first, std::size_t last) const noexcept {
    std::size_t best = first;
    double most = -1;
    for (std::size_t i = first + 1; i < last; ++i) {
      const double distance = distance_squared(corners_[i], corners_[first], corner(last));
      if (distance > most) best = i;
      most = std::max(most, distance);
    }
    return best;
  }

  std::span<const Corner> corners_;
  std::vector<bool> kept_;
  std::vector<std::pair<std::size_t, std::size_t>> waiting_;
};

}  // namespace

Rings simplified(const Rings& rings, double tolerance) {
  Rings fewer;
  std::size_t begin = 0;
  for (const std::size_t end : rings.ends) {
    Ring(std::span(rings.corners).subspan(begin, end - begin)).append_simplified(tolerance, fewer.corners);
    fewer.ends.push_back(fewer.corners.size());
    begin = end;
  }
  return fewer;
}

}  // namespace shipedge
