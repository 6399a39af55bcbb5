#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference.hpp"
#include "shipedge/rectangle.hpp"

using namespace reference;
using shipedge::FrameView;
using shipedge::Rectangle;

namespace {

struct Place {
  double x;
  double y;
};

std::vector<Place> middles(const Mask& mask) {
  std::vector<Place> found;
  for (std::uint32_t row = 0; row < mask.shape.height; ++row) {
    for (std::uint32_t column = 0; column < mask.shape.width; ++column) {
      if (mask.at(row, column)) found.push_back({column + 0.5, row + 0.5});
    }
  }
  return found;
}

struct Sides {
  double along;
  double across;
};

Sides sides_at(const std::vector<Place>& places, double x, double y) {
  constexpr double kFar = std::numeric_limits<double>::max();
  double low[2] = {kFar, kFar};
  double high[2] = {-kFar, -kFar};
  for (const Place& place : places) {
    const double at[2] = {place.x * x + place.y * y, place.y * x - place.x * y};
    for (int i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], at[i]);
      high[i] = std::max(high[i], at[i]);
    }
  }
  return {high[0] - low[0], high[1] - low[1]};
}

/// The smallest rectangle has a side along the way between two of the pixels.
double smallest_area(const std::vector<Place>& places) {
  double best = places.size() == 1 ? 0 : std::numeric_limits<double>::max();
  for (const Place& a : places) {
    for (const Place& b : places) {
      const double length = std::hypot(b.x - a.x, b.y - a.y);
      if (length == 0) continue;
      const auto [along, across] = sides_at(places, (b.x - a.x) / length, (b.y - a.y) / length);
      best = std::min(best, along * across);
    }
  }
  return best;
}

}  // namespace

TEST_CASE("no rectangle around a mask is smaller") {
  std::mt19937 random(21);
  for (int i = 0; i < 400; ++i) {
    const Shape shape{1 + static_cast<std::uint32_t>(random() % 12), 1 + static_cast<std::uint32_t>(random() % 12)};
    Mask mask = random_mask(random, shape, 0.02 + 0.3 * (i % 3));
    mask.pixels[random() % mask.pixels.size()] = 1;
    const std::vector<Place> places = middles(mask);
    const Rectangle found = shipedge::smallest_rectangle(rle(mask));
    const auto [along, across] = sides_at(places, std::cos(found.angle), std::sin(found.angle));
    CHECK(found.length == doctest::Approx(along + 1));
    CHECK(found.width == doctest::Approx(across + 1));
    CHECK(along * across == doctest::Approx(smallest_area(places)).epsilon(1e-9));
    CHECK(found.length >= found.width);
  }
}

TEST_CASE("a mask as large as masks get has a rectangle") {
  const Shape shape{65535, 65537};
  const Rectangle all = shipedge::smallest_rectangle(Rle::trusted(shape, {{0, shape.pixels()}}));
  CHECK(all.length == doctest::Approx(65537));
  CHECK(all.width == doctest::Approx(65535));
  const Rle ends = Rle::trusted(shape, {{0, 1}, {shape.pixels() - 1, 1}});
  CHECK(shipedge::smallest_rectangle(ends).width == doctest::Approx(1));
}

TEST_CASE("a patch of any rectangle stays inside the frame") {
  std::mt19937 random(22);
  const Mask frame = random_mask(random, {7, 15}, 1);  // exactly sized: 7 x 5 pixels of three bytes
  const FrameView view{frame.pixels.data(), {7, 5}, 15};
  std::vector<std::uint8_t> patch(shipedge::kPatchBytes);
  std::uniform_real_distribution<double> place(-20, 20);
  std::uniform_real_distribution<double> power(-30, 36);
  for (int i = 0; i < 300; ++i) {
    const double scale = i % 2 == 0 ? 1 : 1e8;
    const Rectangle rectangle{place(random) * scale, place(random) * scale, std::exp2(power(random)),
                              std::exp2(power(random)), place(random)};
    shipedge::cut_patch(view, rectangle, patch.data());
    CHECK(std::ranges::find(patch, 0) == patch.end());
  }
}

TEST_CASE("an outline that has less than half left goes back, and what is left of nothing is gone") {
  const Shape shape{10, 10};
  const Rle large = Rle::trusted(shape, {{0, 60}});
  const Rle led_astray = Rle::trusted(shape, {{20, 30}});
  const Rle before = Rle::trusted(shape, {{70, 20}});
  const Rle piece = Rle::trusted(shape, {{10, 20}});
  const Rle* const refined[] = {&led_astray, &large, &piece};
  const Rle* const unrefined[] = {&before, &large, &piece};
  const auto found = shipedge::separate(refined, unrefined);
  REQUIRE(found.size() == 3);
  CHECK(found[0] == before);
  CHECK(found[1] == large);
  CHECK(found[2].empty());
}
