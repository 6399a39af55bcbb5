#include <doctest.h>

#include "reference.hpp"

using namespace reference;

namespace {

/// Compares every way into runs and back for one mask.
void check_all_ways(const Mask& mask) {
  const auto [height, width] = mask.shape;
  const std::vector<Run> truth = runs(mask);
  CHECK(encoded(mask.view()) == truth);

  const Mask turned = transposed(mask);
  CHECK(encoded(turned.view().transposed()) == truth);  // columns contiguous

  std::vector<std::uint8_t> spread(mask.pixels.size() * 3, 7);  // every third byte
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) spread[3 * i] = mask.pixels[i];
  CHECK(encoded({spread.data(), mask.shape, 3 * static_cast<std::ptrdiff_t>(width), 3}) == truth);

  const std::vector<std::uint8_t> backward(mask.pixels.rbegin(), mask.pixels.rend());
  const std::uint8_t* const last = backward.data() + backward.size() - 1;
  CHECK(encoded({last, mask.shape, -static_cast<std::ptrdiff_t>(width), -1}) == truth);

  const Mask back = painted(Rle::trusted(mask.shape, truth));
  Mask flat{mask.shape, std::vector<std::uint8_t>(mask.pixels.size())};
  shipedge::paint_row_major(runs(turned), flat.pixels.data());
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const int expected = mask.pixels[i] != 0 ? 1 : 0;
    REQUIRE(back.pixels[i] == expected);
    REQUIRE(flat.pixels[i] == expected);
  }
}

}  // namespace

TEST_CASE("masks of every width and height") {
  std::mt19937 random(2);
  for (std::uint32_t side = 1; side <= 200; ++side) {
    const std::uint32_t other = 1 + random() % 140;
    for (const double density : {0.01, 0.5, 0.99}) {
      check_all_ways(random_mask(random, {side, other}, density));
      check_all_ways(random_mask(random, {other, side}, density));
    }
  }
}

TEST_CASE("full, empty and one-pixel masks") {
  for (const Shape shape : {Shape{1, 1}, Shape{64, 64}, Shape{65, 63}, Shape{128, 200}, Shape{1, 300}, Shape{300, 1}}) {
    check_all_ways({shape, std::vector<std::uint8_t>(shape.pixels(), 0)});
    check_all_ways({shape, std::vector<std::uint8_t>(shape.pixels(), 1)});
    for (const std::uint32_t place : {0U, shape.pixels() / 2, shape.pixels() - 1}) {
      Mask mask{shape, std::vector<std::uint8_t>(shape.pixels(), 0)};
      mask.pixels[place] = 255;
      check_all_ways(mask);
    }
  }
  CHECK(encoded({nullptr, {0, 5}, 5, 1}).empty());
  CHECK(encoded({nullptr, {5, 0}, 0, 1}).empty());
}

TEST_CASE("paint adds to what is there and leaves the rest alone") {
  Mask mask{{70, 70}, std::vector<std::uint8_t>(4900, 9)};
  const std::vector<Run> wide{{3, 2000}, {2100, 700}};
  shipedge::paint(wide, mask.shape, mask.pixels.data());
  Mask truth = painted(Rle::trusted(mask.shape, wide));
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    // Whole bytes are or-ed into whatever the caller had: only the lowest bit is promised.
    REQUIRE((mask.pixels[i] & 1) == 1);
    if (truth.pixels[i] == 0) REQUIRE(mask.pixels[i] == 9);
  }
}

TEST_CASE("sum under a mask") {
  std::mt19937 random(3);
  const Mask mask = random_mask(random, {50, 33}, 0.3);
  std::vector<std::uint8_t> bytes(mask.pixels.size());
  std::vector<float> floats(mask.pixels.size());
  double truth = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(random());
    floats[i] = bytes[i];
    if (mask.pixels[i] != 0) truth += bytes[i];
  }
  const Rle rle = reference::rle(mask);
  CHECK(shipedge::sum_under<std::uint8_t>(rle, reinterpret_cast<const std::byte*>(bytes.data()), 33, 1) == truth);
  CHECK(shipedge::sum_under<float>(rle, reinterpret_cast<const std::byte*>(floats.data()), 132, 4) == truth);
}
