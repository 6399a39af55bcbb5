#include <string>
#include <vector>

#include "../../cpp/src/png/ship_codes.hpp"
#include "doctest.h"
#include "shipedge/error.hpp"
#include "shipedge/png.hpp"

using namespace shipedge;

TEST_CASE("CRC-32 has the check value of its definition, in one piece or several") {
  const std::string text = "123456789";
  const auto* const data = reinterpret_cast<const std::uint8_t*>(text.data());
  CHECK(crc32(data, 9) == 0xcbf43926);
  for (std::size_t cut = 0; cut <= 9; ++cut) CHECK(crc32(data + cut, 9 - cut, crc32(data, cut)) == 0xcbf43926);
  std::vector<std::uint8_t> many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::uint8_t>(i * 37 >> 3);
  std::uint32_t slow = 0;
  for (const std::uint8_t& byte : many) slow = crc32(&byte, 1, slow);
  CHECK(crc32(many.data(), many.size()) == slow);
  CHECK(crc32(many.data() + 1, 777) == crc32(many.data() + 500, 278, crc32(many.data() + 1, 499)));
}

TEST_CASE("match lengths and distances have the symbols of RFC 1951") {
  using namespace deflate;
  const auto length = [](std::uint32_t value) {
    const auto [symbol, extra] = length_symbol(value);
    return std::vector<std::size_t>{symbol, extra.size, extra.bits};
  };
  CHECK(length(3) == std::vector<std::size_t>{257, 0, 0});
  CHECK(length(10) == std::vector<std::size_t>{264, 0, 0});
  CHECK(length(11) == std::vector<std::size_t>{265, 1, 0});
  CHECK(length(18) == std::vector<std::size_t>{268, 1, 1});
  CHECK(length(130) == std::vector<std::size_t>{280, 4, 15});
  CHECK(length(257) == std::vector<std::size_t>{284, 5, 30});
  CHECK(length(258) == std::vector<std::size_t>{285, 0, 0});
  const auto distance = [](std::uint32_t value) {
    const auto [symbol, extra] = distance_symbol(value);
    return std::vector<std::size_t>{symbol, extra.size, extra.bits};
  };
  CHECK(distance(1) == std::vector<std::size_t>{0, 0, 0});
  CHECK(distance(4) == std::vector<std::size_t>{3, 0, 0});
  CHECK(distance(5) == std::vector<std::size_t>{4, 1, 0});
  CHECK(distance(769) == std::vector<std::size_t>{19, 8, 0});
  CHECK(distance(24577) == std::vector<std::size_t>{29, 13, 0});
  CHECK(distance(32768) == std::vector<std::size_t>{29, 13, 8191});
}

TEST_CASE("ships that overlap are one mask, but no labels") {
  const std::vector<Run> runs{{3, 4}, {20, 1}, {5, 6}, {0, 1}};
  const std::vector<std::size_t> ends{2, 3, 4};
  const std::vector<Run> merged{{0, 1}, {3, 8}, {20, 1}};
  const std::size_t all = merged.size();
  ByteBuffer three;
  ByteBuffer one;
  png_of_mask({runs, ends}, {5, 6}, false, three);
  png_of_mask({merged, {&all, 1}}, {5, 6}, false, one);
  CHECK(std::vector<std::uint8_t>(three.begin(), three.end()) == std::vector<std::uint8_t>(one.begin(), one.end()));
  CHECK_THROWS_WITH_AS(png_of_labels({runs, ends}, {5, 6}, Overlap::kError, three),
                       (std::string("ships 1 and 2 overlap") + kOverlapHint).c_str(), FormatError);
  CHECK_THROWS_AS(png_of_mask({{}, {}}, {0, 6}, false, three), FormatError);
}
