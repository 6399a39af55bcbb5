#include <doctest.h>

#include <functional>

#include "reference.hpp"
#include "shipedge/error.hpp"
#include "shipedge/geometry.hpp"
#include "shipedge/morphology.hpp"

using namespace reference;
using shipedge::Connectivity;

namespace {

/// A mask of this shape from what each (row, column) shows.
Rle drawn(Shape shape, const std::function<bool(std::int64_t, std::int64_t)>& shows) {
  Mask mask{shape, std::vector<std::uint8_t>(shape.pixels())};
  for (std::uint32_t row = 0; row < shape.height; ++row) {
    for (std::uint32_t column = 0; column < shape.width; ++column) {
      mask.pixels[std::size_t{row} * shape.width + column] = shows(row, column) ? 1 : 0;
    }
  }
  return rle(mask);
}

}  // namespace

TEST_CASE("windows, flips, turns and sizes follow the pixels") {
  std::mt19937 random(7);
  for (int i = 0; i < 600; ++i) {
    const Shape shape{static_cast<std::uint32_t>(1 + random() % 70), static_cast<std::uint32_t>(1 + random() % 70)};
    const Mask mask = random_mask(random, shape, i % 3 == 0 ? 0.01 : i % 3 == 1 ? 0.4 : 0.99);
    const Rle rle = reference::rle(mask);
    const std::int64_t height = shape.height;
    const std::int64_t width = shape.width;
    const auto at = [&](std::int64_t row, std::int64_t column) {
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      return inside && mask.at(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column));
    };
    const std::int64_t top = static_cast<std::int64_t>(random() % 100) - 50;
    const std::int64_t left = static_cast<std::int64_t>(random() % 100) - 50;
    const Shape other{static_cast<std::uint32_t>(random() % 80), static_cast<std::uint32_t>(random() % 80)};
    CHECK(shipedge::window(rle, top, left, other) ==
          drawn(other, [&](auto row, auto column) { return at(row + top, column + left); }));
    CHECK(shipedge::flip_rows(rle) ==
          drawn(shape, [&](auto row, auto column) { return at(height - 1 - row, column); }));
    CHECK(shipedge::flip_columns(rle) ==
          drawn(shape, [&](auto row, auto column) { return at(row, width - 1 - column); }));
    CHECK(shipedge::rotate(rle, 1) ==
          drawn(shape.transposed(), [&](auto row, auto column) { return at(column, width - 1 - row); }));
    CHECK(shipedge::rotate(rle, -1) ==
          drawn(shape.transposed(), [&](auto row, auto column) { return at(height - 1 - column, row); }));
    CHECK(shipedge::rotate(rle, 6) == shipedge::flip_rows(shipedge::flip_columns(rle)));
    CHECK(shipedge::resize(rle, other) == drawn(other, [&](auto row, auto column) {
            return at((2 * row + 1) * height / (2 * other.height), (2 * column + 1) * width / (2 * other.width));
          }));
  }
}

TEST_CASE("dilation, erosion and holes follow the pixels") {
  std::mt19937 random(8);
  for (int i = 0; i < 200; ++i) {
    const Shape shape{static_cast<std::uint32_t>(1 + random() % 30), static_cast<std::uint32_t>(1 + random() % 30)};
    const Mask mask = random_mask(random, shape, i % 3 == 0 ? 0.01 : i % 3 == 1 ? 0.4 : 0.95);
    const Rle rle = reference::rle(mask);
    const auto rows = static_cast<std::uint32_t>(random() % 6);
    const auto columns = static_cast<std::uint32_t>(random() % 6);
    // Whether a pixel of the rectangle around (row, column), as far as it is inside, is set (or not set).
    const auto any = [&](std::int64_t row, std::int64_t column, bool value) {
      for (std::int64_t y = std::max<std::int64_t>(row - rows, 0); y <= row + rows && y < shape.height; ++y) {
        for (std::int64_t x = std::max<std::int64_t>(column - columns, 0); x <= column + columns && x < shape.width;
             ++x) {
          if (mask.at(static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x)) == value) return true;
        }
      }
      return false;
    };
    CHECK(shipedge::dilate(rle, rows, columns) == drawn(shape, [&](auto y, auto x) { return any(y, x, true); }));
    CHECK(shipedge::erode(rle, rows, columns) == drawn(shape, [&](auto y, auto x) { return !any(y, x, false); }));
  }
  const Shape shape{5, 5};  // a ring that is open at one corner
  const Rle ring =
      drawn(shape, [](auto y, auto x) { return std::max(std::abs(y - 2), std::abs(x - 2)) == 1 && x + y != 2; });
  CHECK(shipedge::fill_holes(ring, Connectivity::kFour).area() == 8);
  CHECK(shipedge::fill_holes(ring, Connectivity::kEight) == ring);
}

TEST_CASE("work on billions of pixels follows the runs") {
  const Shape wide{2, 2147483647U};
  const Rle full = Rle::trusted(wide, {{0, 4294967294U}});
  CHECK(shipedge::window(full, 0, 5, wide).runs().size() == 1);
  CHECK(shipedge::flip_rows(full) == full);
  CHECK(shipedge::dilate(full, 4294967295U, 4294967295U) == full);
  CHECK(shipedge::erode(full, 4294967295U, 4294967295U) == full);
  CHECK(shipedge::resize(full, {65535, 65535}).area() == 4294836225U);
  CHECK(shipedge::rotate(full, 1).runs().size() == 1);
  CHECK_THROWS_WITH_AS(shipedge::window(full, 1, 0, wide),
                       "the result has more than 33554432 runs, expected at most that many", shipedge::FormatError);
}
