#include <doctest.h>

#include "reference.hpp"
#include "shipedge/set_ops.hpp"

using namespace reference;

TEST_CASE("union and intersection over union follow the pixels") {
  std::mt19937 random(5);
  for (unsigned i = 0; i < 300; ++i) {
    const Shape shape{static_cast<std::uint32_t>(1 + random() % 40), static_cast<std::uint32_t>(1 + random() % 40)};
    std::vector<Mask> masks;
    std::vector<Rle> rles;
    for (unsigned k = 0; k < i % 6; ++k) {
      masks.push_back(random_mask(random, shape, std::uniform_real_distribution(0.0, 1.0)(random)));
      rles.push_back(rle(masks.back()));
    }
    std::vector<const Rle*> pointers;
    for (const Rle& one : rles) pointers.push_back(&one);

    Mask any{shape, std::vector<std::uint8_t>(shape.pixels())};
    for (const Mask& mask : masks) {
      for (std::size_t p = 0; p < any.pixels.size(); ++p) any.pixels[p] |= mask.pixels[p];
    }
    CHECK(shipedge::unite(pointers, shape) == rle(any));

    std::vector<double> matrix(rles.size() * rles.size());
    shipedge::iou_matrix(pointers, pointers, matrix.data());
    for (std::size_t a = 0; a < rles.size(); ++a) {
      for (std::size_t b = 0; b < rles.size(); ++b) {
        double both = 0;
        double either = 0;
        for (std::size_t p = 0; p < any.pixels.size(); ++p) {
          both += masks[a].pixels[p] != 0 && masks[b].pixels[p] != 0 ? 1 : 0;
          either += masks[a].pixels[p] != 0 || masks[b].pixels[p] != 0 ? 1 : 0;
        }
        const double truth = either == 0 ? 0 : both / either;
        CHECK(shipedge::iou(rles[a], rles[b]) == truth);
        CHECK(matrix[a * rles.size() + b] == truth);
      }
    }
  }
}

TEST_CASE("areas near 2^32 do not wrap") {
  const Rle full = Rle::trusted({65537, 65535}, {{0, 4294967295U}});
  const Rle most = Rle::trusted({65537, 65535}, {{1, 4294967294U}});
  CHECK(shipedge::iou(full, full) == 1.0);
  CHECK(shipedge::iou(full, most) == doctest::Approx(1.0));
  const Rle* both[] = {&full, &most};
  CHECK(shipedge::unite(both, full.shape()) == full);
}
