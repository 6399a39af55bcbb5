#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "parts.hpp"
#include "shipedge/measures.hpp"
#include "shipedge/polygon.hpp"

namespace shipedge {
namespace {

constexpr double kRectangular = 0.6;  // share of the rectangle to fill: a ship with a bow does, a bent wake does not
constexpr double kOblong = 1.3;  // length over width from which moments say where a part points; a square's are alike

/// Mean of each power of the places of pixels along a ship, from the middle of their mass.
class PowerMeans {
 public:
  static constexpr std::size_t kHighest = 8;

  void add(double place) noexcept {
    double power = 1;
    for (double& sum : sums_) {
      sum += power;
      power *= place;
    }
  }

  /// The mean of (place - centre)^power.
  [[nodiscard]] double about(double centre, std::size_t power) const noexcept {
    double factor = 1;  // binomial coefficient * (-centre)^(power - k)
    double sum = 0;
    for (std::size_t k = power; k > 0; --k) {
      sum += factor * sums_[k];
      factor *= -centre * static_cast<double>(k) / static_cast<double>(power - k + 1);
    }
    return (sum + factor * sums_[0]) / sums_[0];
  }

 private:
  std::array<double, kHighest + 1> sums_{};
};

/// Where a ship begins and ends whose pixels have these places along it.
///
/// Labels reach to the tip of the bow. Second moments fall short of it, because a bow has few pixels, and the outermost
/// pixel is whatever a ragged border left. In between lies the eighth moment about the centre that makes it smallest:
/// over a length of 2 h it is h^8 / 9. A pixel counts as a stretch of length 1, so rectangles come out exact.
std::pair<double, double> ends_of(const PowerMeans& along) noexcept {
  double centre = 0;
  for (int step = 0; step < 4; ++step) {  // Newton's; two more change nothing
    centre += along.about(centre, 7) / (7 * std::max(along.about(centre, 6), 1e-9));
  }
  // The mean of (off + 1/2)^9 - (off - 1/2)^9.
  const double stretched = 9 * along.about(centre, 8) + 21 * along.about(centre, 6) + 7.875 * along.about(centre, 4) +
                           0.5625 * along.about(centre, 2) + 1.0 / 256;
  const double half = std::pow(stretched, 1.0 / 8);
  return {centre - half, centre + half};
}

}  // namespace

std::optional<Rle> fitted_rectangle(const Rle& component) {
  const Box box = component.box();
  const Spread spread = spread_of(component, box);
  // A rectangle of width w has the variance w^2 / 12 across, so w follows from the smaller eigenvalue.
  const double mean = (spread.xx + spread.yy) / 2;
  const double difference = (spread.xx - spread.yy) / 2;
  const double root = std::hypot(difference, spread.xy);
  const double width = std::sqrt(12 * std::max(mean - root, 0.0));
  const double length = std::sqrt(12 * (mean + root));
  if (component.area() < kRectangular * width * length || length < kOblong * width) return std::nullopt;
  const double angle = spread.angle();
  const Point ahead{std::cos(angle), std::sin(angle)};

  PowerMeans along;
  for_each_segment(component.runs(), component.shape().height,
                   [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
                     const double x = column - box.left - spread.x;
                     for (std::uint32_t row = top; row < bottom; ++row) {
                       along.add(x * ahead.x + (row - box.top - spread.y) * ahead.y);
                     }
                   });
  const auto [low, high] = ends_of(along);
  const double x = spread.x + box.left + 0.5 + ahead.x * (low + high) / 2;
  const double y = spread.y + box.top + 0.5 + ahead.y * (low + high) / 2;
  const Point half{ahead.x * (high - low) / 2, ahead.y * (high - low) / 2};
  const Point aside{-ahead.y * width / 2, ahead.x * width / 2};
  const std::array<Point, 4> corners{{{x + half.x + aside.x, y + half.y + aside.y},
                                      {x + half.x - aside.x, y + half.y - aside.y},
                                      {x - half.x - aside.x, y - half.y - aside.y},
                                      {x - half.x + aside.x, y - half.y + aside.y}}};
  const Polygon polygon(corners);
  Rle rectangle = fill_polygons({&polygon, 1}, component.shape(), FillRule::kEvenOdd);
  if (rectangle.empty()) return std::nullopt;
  return rectangle;
}

std::vector<Rle> rectangles(std::span<const Rle> components, std::uint8_t* taken) {
  const auto set = [&](const Rle& rle, std::uint8_t value) {
    const Shape shape = rle.shape();
    for_each_segment(rle.runs(), shape.height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
      for (std::uint32_t row = top; row < bottom; ++row) taken[std::size_t{row} * shape.width + column] = value;
    });
  };
  for (const Rle& component : components) set(component, 1);
  std::vector<Rle> shown;
  shown.reserve(components.size());
  for (const Rle& component : components) {
    const std::optional<Rle> rectangle = fitted_rectangle(component);
    if (!rectangle) {
      shown.push_back(component);
      continue;
    }
    set(component, 0);
    const Shape shape = component.shape();
    std::vector<Run> free;
    for_each_segment(rectangle->runs(), shape.height,
                     [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
                       for (std::uint32_t row = top; row < bottom; ++row) {
                         if (taken[std::size_t{row} * shape.width + column] == 0)
                           append_run(free, {column * shape.height + row, 1});
                       }
                     });
    shown.push_back(free.empty() ? component : Rle::trusted(shape, std::move(free)));
    set(shown.back(), 1);
    set(component, 1);
  }
  return shown;
}

}  // namespace shipedge
