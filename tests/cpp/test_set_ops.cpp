#include <doctest.h>

#include "reference.hpp"
#include "shipedge/iou.hpp"
#include "shipedge/set_ops.hpp"

using namespace reference;

TEST_CASE("set operations and intersection over union follow the pixels") {
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

    Mask votes{shape, std::vector<std::uint8_t>(shape.pixels())};
    for (const Mask& mask : masks) {
      for (std::size_t p = 0; p < votes.pixels.size(); ++p) votes.pixels[p] += mask.pixels[p] != 0 ? 1 : 0;
    }
    const auto where = [&](auto&& wanted) {
      Mask chosen = votes;
      for (auto& pixel : chosen.pixels) pixel = wanted(pixel) ? 1 : 0;
      return rle(chosen);
    };
    CHECK(shipedge::unite(pointers, shape) == where([](unsigned n) { return n > 0; }));
    CHECK(shipedge::intersect(pointers, shape) == where([&](unsigned n) { return n == masks.size(); }));
    CHECK(shipedge::exclusive_or(pointers, shape) == where([](unsigned n) { return n % 2 == 1; }));
    for (std::size_t k = 0; k < masks.size() + 2; ++k) {
      CHECK(shipedge::at_least(pointers, k, shape) == where([&](unsigned n) { return n >= k; }));
    }
    if (rles.size() >= 2) {
      Mask less = masks[0];
      for (std::size_t p = 0; p < less.pixels.size(); ++p) less.pixels[p] *= masks[1].pixels[p] == 0 ? 1 : 0;
      CHECK(shipedge::subtract(rles[0], rles[1]) == rle(less));
      CHECK(shipedge::complement(shipedge::complement(rles[0])) == rles[0]);
    }

    std::vector<double> matrix(rles.size() * rles.size());
    shipedge::iou_matrix(pointers, pointers, {}, matrix.data());
    std::vector<double> in_crowds(matrix.size());
    shipedge::iou_matrix(pointers, pointers, std::vector<std::uint8_t>(rles.size(), 1), in_crowds.data());
    for (std::size_t a = 0; a < rles.size(); ++a) {
      for (std::size_t b = 0; b < rles.size(); ++b) {
        double both = 0;
        double either = 0;
        for (std::size_t p = 0; p < votes.pixels.size(); ++p) {
          both += masks[a].pixels[p] != 0 && masks[b].pixels[p] != 0 ? 1 : 0;
          either += masks[a].pixels[p] != 0 || masks[b].pixels[p] != 0 ? 1 : 0;
        }
        const double truth = either == 0 ? 0 : both / either;
        CHECK(shipedge::iou(rles[a], rles[b]) == truth);
        CHECK(matrix[a * rles.size() + b] == truth);
        CHECK(in_crowds[a * rles.size() + b] == (both == 0 ? 0 : both / rles[a].area()));
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
