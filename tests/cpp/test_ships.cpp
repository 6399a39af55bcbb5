#include <doctest.h>

#include <atomic>
#include <thread>

#include "reference.hpp"
#include "shipedge/ships.hpp"

using namespace reference;
using shipedge::MaskView;
using shipedge::ShipComponent;
using shipedge::ShipRules;
using shipedge::Window;

namespace {

/// Values in exactly sized memory, and where they lie in the frame.
struct Owned {
  std::int64_t top;
  std::int64_t left;
  Mask values;

  [[nodiscard]] Window window() const { return {top, left, values.view()}; }
};

std::vector<Window> views(const std::vector<Owned>& owned) {
  std::vector<Window> windows;
  for (const Owned& one : owned) windows.push_back(one.window());
  return windows;
}

Mask cells_of(Shape frame, std::uint8_t value) {
  const Shape cells{(frame.height + 31) / 32, (frame.width + 31) / 32};
  return {cells, std::vector<std::uint8_t>(cells.pixels(), value)};
}

/// Runs in order inside the frame, no pixel in two outlines.
void check(const std::vector<ShipComponent>& ships, Shape frame, const ShipRules& rules) {
  std::vector<bool> taken(frame.pixels());
  for (const ShipComponent& ship : ships) {
    CHECK(ship.outline.shape() == frame);
    CHECK(!ship.outline.empty());
    CHECK(ship.area >= rules.min_area);
    CHECK(ship.score >= 0);
    CHECK(ship.score < 1);
    std::uint64_t next = 0;
    for (const Run& run : ship.outline.runs()) {
      REQUIRE(run.start >= next);
      REQUIRE(run.length > 0);
      next = std::uint64_t{run.start} + run.length + 1;
      REQUIRE(next <= std::uint64_t{frame.pixels()} + 1);
      for (std::uint32_t at = run.start; at < run.end(); ++at) {
        REQUIRE(!taken[at]);
        taken[at] = true;
      }
    }
  }
}

Owned random_window(std::mt19937& random) {
  const Shape shape{static_cast<std::uint32_t>(random() % 70), static_cast<std::uint32_t>(random() % 70)};
  return {static_cast<std::int64_t>(random() % 150) - 40, static_cast<std::int64_t>(random() % 150) - 40,
          random_mask(random, shape, 0.7)};
}

}  // namespace

TEST_CASE("windows anywhere make ships inside the frame that share no pixel") {
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    const Shape frame{static_cast<std::uint32_t>(random() % 100), static_cast<std::uint32_t>(random() % 100)};
    std::vector<Owned> owned;
    for (std::uint32_t k = random() % 5; k > 0; --k) owned.push_back(random_window(random));
    const Mask presence = cells_of(frame, 77);
    const ShipRules rules{static_cast<std::uint8_t>(random() % 256), static_cast<std::uint32_t>(random() % 9),
                          static_cast<std::uint8_t>(random() % 256), random() % 2 == 0, random() % 2 == 0};
    const auto ships = shipedge::find_ships(frame, presence.view(), views(owned), rules);
    check(ships, frame, rules);
    for (const ShipComponent& ship : ships) CHECK(ship.cell == 77);
  }
}

TEST_CASE("one window is copied, whatever its strides") {
  std::mt19937 random(12);
  const Mask values = random_mask(random, {40, 30}, 0.5);
  const Mask turned = transposed(values);
  const Shape frame{50, 45};
  std::vector<std::uint8_t> straight(frame.pixels(), 9);
  std::vector<std::uint8_t> strided(frame.pixels(), 8);
  const Window window{-3, 20, values.view()};
  const Window other{-3, 20, turned.view().transposed()};
  shipedge::merge_windows(frame, {&window, 1}, straight.data());
  shipedge::merge_windows(frame, {&other, 1}, strided.data());
  CHECK(straight == strided);
  for (std::uint32_t row = 0; row < frame.height; ++row) {
    for (std::uint32_t column = 0; column < frame.width; ++column) {
      const bool seen = row < 37 && column >= 20;
      const std::uint8_t value = seen ? values.pixels[(row + 3) * 30 + column - 20] : std::uint8_t{0};
      REQUIRE(straight[row * frame.width + column] == value);
    }
  }
}

TEST_CASE("of two cores as near as each other the left one has a pixel, then the upper one") {
  const Shape frame{9, 9};
  Mask values{frame, std::vector<std::uint8_t>(81)};
  for (std::uint32_t row = 0; row < 9; ++row) values.pixels[row * 9 + 4] = 150;
  for (std::uint32_t column = 0; column < 9; ++column) values.pixels[4 * 9 + column] = 150;
  for (const std::uint32_t end : {4U, 36U, 44U, 76U}) values.pixels[end] = 250;  // top, left, right, bottom
  const Window window{0, 0, values.view()};
  const ShipRules rules{128, 1, 200, false, false};
  const auto ships = shipedge::find_ships(frame, cells_of(frame, 1).view(), {&window, 1}, rules);
  REQUIRE(ships.size() == 4);
  CHECK(ships[0].outline.box() == shipedge::Box{0, 4, 5, 5});  // with the middle of the cross
  CHECK(ships[1].area == 4);
  CHECK(ships[2].area == 4);
  CHECK(ships[3].area == 4);
}

TEST_CASE("windows that change while they are read make some ships, no worse") {
  const Shape frame{300, 400};
  Owned one{10, 20, {{200, 300}, std::vector<std::uint8_t>(60000)}};
  Owned other{60, 90, one.values};
  Mask presence = cells_of(frame, 200);
  std::atomic<bool> stopped = false;
  std::thread writer([&] {
    for (std::uint32_t turn = 1; !stopped; turn = turn * 1664525 + 1013904223) {
      for (Owned* owned : {&one, &other}) {
        for (std::size_t i = 0; i < owned->values.pixels.size(); i += 1 + turn % 7) {
          *const_cast<volatile std::uint8_t*>(&owned->values.pixels[i]) = static_cast<std::uint8_t>(turn >> i % 24);
        }
      }
    }
  });
  for (int i = 0; i < 60; ++i) {
    const ShipRules rules{100, 4, 180, i % 2 == 0, true};
    const Window live[] = {one.window(), other.window()};
    check(shipedge::find_ships(frame, presence.view(), live, rules), frame, rules);
  }
  stopped = true;
  writer.join();
}
