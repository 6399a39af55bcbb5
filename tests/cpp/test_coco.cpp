#include <doctest.h>

#include "reference.hpp"
#include "shipedge/coco.hpp"
#include "shipedge/error.hpp"

using namespace reference;
using shipedge::FormatError;

TEST_CASE("counts") {
  const Shape shape{3, 2};
  const auto counts = [](std::initializer_list<std::uint32_t> list) { return std::vector<std::uint32_t>(list); };
  CHECK(shipedge::to_counts(Rle(shape)) == counts({6}));
  CHECK(shipedge::to_counts(Rle::trusted(shape, {{0, 6}})) == counts({0, 6}));
  CHECK(shipedge::to_counts(Rle::trusted(shape, {{1, 2}, {5, 1}})) == counts({1, 2, 2, 1}));
  CHECK(shipedge::to_counts(Rle(Shape{0, 2})).empty());
  const auto read = [&](std::vector<std::int64_t> list) { return shipedge::from_counts(list, shape); };
  CHECK(read({6}) == Rle(shape));
  CHECK(read({1, 2, 2, 1}) == Rle::trusted(shape, {{1, 2}, {5, 1}}));
  CHECK(read({1, 1, 0, 1, 2, 1, 0}) == Rle::trusted(shape, {{1, 2}, {5, 1}}));
  CHECK_THROWS_WITH_AS(read({1, 2}), "counts sum to 3, expected 6 (height x width)", FormatError);
  CHECK_THROWS_WITH_AS(read({}), "counts sum to 0, expected 6 (height x width)", FormatError);
  CHECK_THROWS_WITH_AS(read({7, -1}), "count 1 is 7, expected at most 6 (pixels left of 6)", FormatError);
  CHECK_THROWS_WITH_AS(read({1, -1, 6}), "count 2 is -1, expected 0 or more", FormatError);
  CHECK_THROWS_AS(read({5, std::int64_t{1} << 62, std::int64_t{1} << 62}), FormatError);
}

namespace {

/// The definition, number by number: groups of five bits until nothing but the sign is left.
std::string compressed(const std::vector<std::int64_t>& counts) {
  std::string made;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::int64_t value = i < 3 ? counts[i] : counts[i] - counts[i - 2];
    for (bool more = true; more;) {
      const std::int64_t group = value & 31;
      value >>= 5;
      more = (group & 16) != 0 ? value != -1 : value != 0;
      made += static_cast<char>(48 + group + (more ? 32 : 0));
    }
  }
  return made;
}

/// Reads from memory of exactly the text's size.
Rle read(std::string_view text, Shape shape) {
  const std::vector<char> exact(text.begin(), text.end());
  return shipedge::from_compressed_counts({exact.data(), exact.size()}, shape);
}

}  // namespace

TEST_CASE("compressed counts follow their definition and are read back") {
  std::mt19937 random(3);
  for (const Shape shape : {Shape{1, 1}, Shape{7, 9}, Shape{120, 80}, Shape{1, 3000}}) {
    for (const double density : {0.0, 0.003, 0.1, 0.5, 0.97, 1.0}) {
      const Rle mask = rle(random_mask(random, shape, density));
      const std::vector<std::uint32_t> counts = shipedge::to_counts(mask);
      const std::string text = shipedge::compress_counts(mask);
      CHECK(text == compressed({counts.begin(), counts.end()}));
      CHECK(read(text, shape) == mask);
    }
  }
}

TEST_CASE("compressed counts of the largest numbers") {
  const Shape largest{65537, 65535};
  const std::uint32_t all = largest.pixels();
  for (const auto& runs : {std::vector<Run>{{0, all}}, std::vector<Run>{{all - 1, 1}}, std::vector<Run>{{1, 1}},
                           std::vector<Run>{{0, 1}, {2, all - 2}}, std::vector<Run>{{1, all - 4}, {all - 2, 1}}}) {
    const Rle mask = Rle::trusted(largest, runs);
    CHECK(read(shipedge::compress_counts(mask), largest) == mask);
  }
}

TEST_CASE("compressed counts that are none") {
  const Shape shape{3, 2};
  const auto complaint = [&](std::string_view text) -> std::string {
    try {
      read(text, shape);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "(none)";
  };
  CHECK(complaint("6") == "(none)");
  CHECK(complaint("1221") == "count 4 is 3, expected at most 1 (pixels left of 6)");
  CHECK(complaint("122O") == "(none)");
  CHECK(complaint("") == "counts sum to 0, expected 6 (height x width)");
  CHECK(complaint("12") == "counts sum to 3, expected 6 (height x width)");
  CHECK(complaint("1V") == "count 2 is cut off at the end of the text");
  CHECK(complaint("1O") == "count 2 is -1, expected 0 or more");
  CHECK(complaint("1/") == "character 2 is '/', expected '0' to 'o'");
  CHECK(complaint("1p") == "character 2 is 'p', expected '0' to 'o'");
  CHECK(complaint(std::string_view("1\0", 2)) == "character 2 is byte 0x00, expected '0' to 'o'");
  CHECK(complaint("1\xff") == "character 2 is byte 0xff, expected '0' to 'o'");
  CHECK(complaint("1PPPPPPP0") == "count 2 is over 7 characters long, expected a number of at most 33 bits");
  CHECK(complaint("1oooooo?") == "count 2 is 17179869183, expected at most 5 (pixels left of 6)");
  CHECK(complaint("ooooooo") == "count 1 is cut off at the end of the text");
}
