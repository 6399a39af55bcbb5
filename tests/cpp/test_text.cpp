#include <doctest.h>

#include "reference.hpp"
#include "shipedge/error.hpp"

using namespace reference;
using shipedge::FormatError;

namespace {

constexpr Shape kAirbus{768, 768};

std::string complaint(std::string_view text, Shape shape = kAirbus) {
  try {
    parsed(text, shape);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "(none)";
}

}  // namespace

TEST_CASE("parse reads runs and joins those that touch") {
  CHECK(parsed("", kAirbus).empty());
  CHECK(parsed(" \t\r\n", kAirbus).empty());
  CHECK(parsed("1 3 10 5", kAirbus) == std::vector<Run>{{0, 3}, {9, 5}});
  CHECK(parsed("  1\t3 \n10 5\r\n", kAirbus) == std::vector<Run>{{0, 3}, {9, 5}});
  CHECK(parsed("1 3 4 2 6 1 8 1", kAirbus) == std::vector<Run>{{0, 6}, {7, 1}});
  CHECK(parsed("0000000000000000000000001 02", kAirbus) == std::vector<Run>{{0, 2}});
  CHECK(parsed("589824 1", kAirbus) == std::vector<Run>{{589823, 1}});
  CHECK(parsed("1 589824", kAirbus) == std::vector<Run>{{0, 589824}});
  CHECK(parsed("4294967295 1", {65537, 65535}) == std::vector<Run>{{4294967294U, 1}});
  CHECK(parsed("", {0, 5}).empty());
}

TEST_CASE("parse says where a text is wrong, what it found and what it expected") {
  CHECK(complaint("1") == "run 1 has a start (1) but no length, expected an even number of numbers");
  CHECK(complaint("1 3 9") == "run 2 has a start (9) but no length, expected an even number of numbers");
  CHECK(complaint("0 3") == "run 1 starts at 0, expected 1 or later (pixels count from 1)");
  CHECK(complaint("1 0") == "run 1 has length 0, expected 1 or more");
  CHECK(complaint("1 5 11 10 17 2") == "run 3 starts at 17, expected 21 or later");
  CHECK(complaint("9 1 2 1") == "run 2 starts at 2, expected 10 or later");
  CHECK(complaint("589825 1") ==
        "run 1 starts at 589825, expected it inside the 589824 pixels of a mask of shape (768, 768)");
  CHECK(complaint("589824 2") ==
        "run 1 (start 589824, length 2) ends outside the mask, expected it inside the 589824 pixels of a mask of "
        "shape (768, 768)");
  CHECK(complaint("1 1", {0, 5}) == "run 1 starts at 1, expected it inside the 0 pixels of a mask of shape (0, 5)");
  CHECK(complaint("1 x") == "character 3 is 'x', expected a digit or a space");
  CHECK(complaint("1 2 3 -4") == "character 7 is '-', expected a digit or a space");
  CHECK(complaint("1.5 2") == "character 2 is '.', expected a digit or a space");
  CHECK(complaint("1 2\xff") == "character 4 is byte 0xff, expected a digit or a space");
  CHECK(complaint(std::string_view("1 2\0 3 4", 8)) == "character 4 is byte 0x00, expected a digit or a space");
  for (const char* huge : {"4294967297 1", "18446744073709551617 1", "99999999999999999999999999 1"}) {
    CHECK(complaint(huge).find("expected it inside the 589824 pixels") != std::string::npos);
  }
  for (const char* huge : {"1 4294967296", "2 18446744073709551615", "2 99999999999999999999999999"}) {
    CHECK(complaint(huge).find("ends outside the mask") != std::string::npos);
  }
}

TEST_CASE("every fault is found wherever it stands in the text") {
  const std::string good = "1 1 100 22 300 333 1000 7 100000 1 ";
  for (const char* bad : {"x", "5 5", "200000 0", "200000 589824", "200000"}) {
    for (unsigned before = 0; before < 4; ++before) {
      std::string text;
      for (unsigned i = 0; i < before; ++i) text += std::to_string(100001 + 2 * i) + " 1 ";
      CHECK_THROWS_AS(parsed(good + text + bad, kAirbus), FormatError);
      CHECK_THROWS_AS(parsed(good + text + bad + " 300000 5 400000 5", kAirbus), FormatError);
    }
  }
  shipedge::RunBuffer buffer;
  CHECK_THROWS_AS(shipedge::parse_airbus("1 2 9 9 x", kAirbus, buffer), FormatError);
  CHECK(buffer.size() == 0);
}

TEST_CASE("texts of every length survive the way there and back") {
  std::mt19937 random(1);
  for (std::uint32_t height = 1; height <= 40; ++height) {
    for (const std::uint32_t width : {1U, 2U, 7U, 30U}) {
      for (const double density : {0.02, 0.5, 0.98}) {
        const Mask mask = random_mask(random, {height, width}, density);
        const std::vector<Run> truth = runs(mask);
        std::vector<char> made(shipedge::airbus_bound(truth.size()));
        const std::size_t size = shipedge::format_airbus(truth, made.data());
        CHECK(std::string(made.data(), size) == text(truth));
        CHECK(parsed({made.data(), size}, mask.shape) == truth);
      }
    }
  }
}

TEST_CASE("numbers of every size are written and read") {
  std::vector<Run> truth;
  for (std::uint64_t value = 1; value < 4000000000ULL; value += value / 7 + 1) {
    truth.push_back({static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value / 14 + 1)});
    if (truth.size() > 1 && truth[truth.size() - 2].end() >= truth.back().start) truth.pop_back();
  }
  REQUIRE(truth.size() > 100);
  std::vector<char> made(shipedge::airbus_bound(truth.size()));
  const std::size_t size = shipedge::format_airbus(truth, made.data());
  CHECK(std::string(made.data(), size) == text(truth));
  CHECK(parsed({made.data(), size}, {65537, 65535}) == truth);
  for (const std::uint32_t value : {8U, 98U, 998U, 9998U, 99998U, 999998U, 9999998U, 99999998U, 999999998U}) {
    for (std::uint32_t start = value; start < value + 4; ++start) {
      const Run run{start, 4294967295U - start};
      char one[shipedge::airbus_bound(1)];
      CHECK(std::string(one, shipedge::format_airbus({&run, 1}, one)) == text({run}));
    }
  }
}
