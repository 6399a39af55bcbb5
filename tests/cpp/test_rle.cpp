#include <doctest.h>

#include "reference.hpp"
#include "shipedge/error.hpp"

using namespace reference;
using shipedge::Box;
using shipedge::FormatError;

TEST_CASE("shapes are bounded") {
  CHECK(Shape::checked(768, 768).pixels() == 589824);
  CHECK(Shape::checked(0, 4294967295).pixels() == 0);
  CHECK(Shape::checked(65537, 65535).pixels() == 4294967295U);
  CHECK_THROWS_WITH_AS(Shape::checked(65536, 65536),
                       "shape (65536, 65536) is too large, expected fewer than 4294967296 pixels", FormatError);
  CHECK_THROWS_AS(Shape::checked(0, std::int64_t{1} << 32), FormatError);
  CHECK_THROWS_AS(Shape::checked(std::int64_t{1} << 62, std::int64_t{1} << 62), FormatError);
  CHECK_THROWS_WITH_AS(Shape::checked(-1, 5), "shape (-1, 5) has a negative side, expected (height, width) in pixels",
                       FormatError);
}

TEST_CASE("runs are checked once, at creation") {
  const auto make = [](std::vector<std::int64_t> pairs) { return Rle::checked({4, 5}, pairs); };
  CHECK(make({0, 3, 3, 2, 7, 1}) == Rle::trusted({4, 5}, {{0, 5}, {7, 1}}));
  CHECK(make({}).empty());
  CHECK(make({0, 20}).area() == 20);
  CHECK_THROWS_WITH_AS(make({0, 3, 2, 2}), "run 2 starts at 2, expected 3 or later (0-based)", FormatError);
  CHECK_THROWS_WITH_AS(make({-1, 3}), "run 1 starts at -1, expected 0 or later (0-based)", FormatError);
  CHECK_THROWS_WITH_AS(make({0, 0}), "run 1 has length 0, expected 1 or more", FormatError);
  CHECK_THROWS_WITH_AS(make({19, 2}), "run 1 (start 19, length 2) leaves the mask, expected its end at 20 or before",
                       FormatError);
  CHECK_THROWS_AS(make({5, std::numeric_limits<std::int64_t>::max()}), FormatError);
}

TEST_CASE("area, box, hash and transposition follow the pixels") {
  std::mt19937 random(4);
  for (int i = 0; i < 600; ++i) {
    const Shape shape{static_cast<std::uint32_t>(1 + random() % 70), static_cast<std::uint32_t>(1 + random() % 70)};
    Mask mask = random_mask(random, shape, i % 3 == 0 ? 0.001 : i % 3 == 1 ? 0.3 : 0.999);
    const Rle rle = reference::rle(mask);
    std::uint32_t area = 0;
    Box box{shape.width, shape.height, 0, 0};
    for (std::uint32_t row = 0; row < shape.height; ++row) {
      for (std::uint32_t column = 0; column < shape.width; ++column) {
        if (!mask.at(row, column)) continue;
        ++area;
        box = {std::min(box.left, column), std::min(box.top, row), std::max(box.right, column + 1),
               std::max(box.bottom, row + 1)};
      }
    }
    CHECK(rle.area() == area);
    CHECK(rle.box() == (area == 0 ? Box{} : box));
    std::uint32_t in_boxes = 0;
    shipedge::for_each_box(rle.runs(), shape.height, [&](const Box& part) {
      CHECK((part.right == part.left + 1 || (part.top == 0 && part.bottom == shape.height)));
      in_boxes += (part.right - part.left) * (part.bottom - part.top);
    });
    CHECK(in_boxes == area);
    CHECK(rle.transposed() == reference::rle(transposed(mask)));
    CHECK(rle.transposed().transposed() == rle);
    CHECK(rle.hash() == Rle::trusted(rle.shape(), runs(mask)).hash());
  }
  CHECK(Rle(Shape{2, 3}) != Rle(Shape{3, 2}));
  CHECK(Rle(Shape{2, 3}).hash() != Rle(Shape{3, 2}).hash());
}

TEST_CASE("huge flat masks turn without unfolding") {
  const Rle column = Rle::trusted({4294967295U, 1}, {{5, 4294967000U}});
  CHECK(column.transposed() == Rle::trusted({1, 4294967295U}, {{5, 4294967000U}}));
  CHECK(column.box() == Box{0, 5, 1, 4294967005U});
  const Rle full = Rle::trusted({65537, 65535}, {{0, 4294967295U}});
  CHECK(full.transposed().runs().size() == 1);
  CHECK(full.transposed().area() == 4294967295U);
}
