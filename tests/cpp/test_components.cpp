#include <doctest.h>

#include <utility>

#include "reference.hpp"
#include "shipedge/components.hpp"

using namespace reference;
using shipedge::Connectivity;

namespace {

/// Flood fill, parts in column-major order of their first pixel.
std::vector<Mask> flooded(Mask left, bool corners) {
  std::vector<Mask> parts;
  const auto [height, width] = left.shape;
  for (std::uint32_t column = 0; column < width; ++column) {
    for (std::uint32_t row = 0; row < height; ++row) {
      if (!left.at(row, column)) continue;
      Mask part{left.shape, std::vector<std::uint8_t>(left.pixels.size())};
      std::vector<std::pair<std::uint32_t, std::uint32_t>> todo{{row, column}};
      while (!todo.empty()) {
        const auto [y, x] = todo.back();
        todo.pop_back();
        if (y >= height || x >= width || !left.at(y, x)) continue;  // below 0 wraps around to huge
        left.pixels[std::size_t{y} * width + x] = 0;
        part.pixels[std::size_t{y} * width + x] = 1;
        for (const std::uint32_t dy : {~0U, 0U, 1U}) {
          for (const std::uint32_t dx : {~0U, 0U, 1U}) {
            if (corners || dy == 0 || dx == 0) todo.emplace_back(y + dy, x + dx);
          }
        }
      }
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

}  // namespace

TEST_CASE("components follow the flood fill") {
  std::mt19937 random(6);
  for (unsigned i = 0; i < 400; ++i) {
    const Shape shape{static_cast<std::uint32_t>(1 + random() % 30), static_cast<std::uint32_t>(1 + random() % 30)};
    const Mask mask = random_mask(random, shape, std::uniform_real_distribution(0.0, 1.0)(random));
    const std::uint32_t min_area = i % 4;
    for (const Connectivity connectivity : {Connectivity::kFour, Connectivity::kEight}) {
      std::vector<Rle> truth;
      for (const Mask& part : flooded(mask, connectivity == Connectivity::kEight)) {
        if (const Rle one = rle(part); one.area() >= min_area) truth.push_back(one);
      }
      CHECK(shipedge::components(rle(mask), connectivity, min_area) == truth);
    }
  }
}

TEST_CASE("pixels that follow each other across a column border are not neighbours") {
  const Rle wrapped = Rle::trusted({5, 2}, {{4, 2}});  // bottom of the first column, top of the second
  CHECK(shipedge::components(wrapped, Connectivity::kEight, 1).size() == 2);
  const Rle low = Rle::trusted({2, 2}, {{1, 2}});  // the same in a mask so low that they touch at a corner
  CHECK(shipedge::components(low, Connectivity::kEight, 1) == std::vector<Rle>{low});
  CHECK(shipedge::components(low, Connectivity::kFour, 1).size() == 2);
}

TEST_CASE("a part of billions of whole columns is a few rectangles") {
  const Shape wide{2, 2147483647U};
  const Rle full = Rle::trusted(wide, {{0, 4294967294U}});
  CHECK(shipedge::components(full, Connectivity::kFour, 1) == std::vector<Rle>{full});
  const Rle cut = Rle::trusted(wide, {{0, 1000}, {1002, 4294966292U}});
  CHECK(shipedge::components(cut, Connectivity::kEight, 1001).size() == 1);
  CHECK(shipedge::components(cut, Connectivity::kEight, 1).size() == 2);
}
