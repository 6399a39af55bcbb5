#include <doctest.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "reference.hpp"
#include "shipedge/kernels.hpp"

using namespace reference;
using shipedge::simd::Kernels;
using shipedge::simd::kSide;

namespace {

/// Bytes in memory of exactly their number, `offset` away from any alignment.
struct Exact {
  explicit Exact(std::size_t size, std::size_t offset, std::uint8_t fill = 0)
      : memory(size + offset, fill), data(memory.data() + offset) {}
  std::vector<std::uint8_t> memory;
  std::uint8_t* data;
};

}  // namespace

TEST_CASE("every kernel clears exactly what it is told to") {
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    for (std::size_t size = 0; size <= 700; ++size) {
      for (const std::size_t offset : {0, 1, 17, 63}) {
        std::vector<std::uint8_t> memory(size + offset + 64, 7);
        kernels->clear(memory.data() + offset, size);
        std::vector<std::uint8_t> wanted(memory.size(), 7);
        std::fill_n(wanted.begin() + static_cast<std::ptrdiff_t>(offset), size, std::uint8_t{0});
        REQUIRE(memory == wanted);
      }
    }
  }
}

TEST_CASE("every kernel clears memory that no cache holds") {
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    for (const std::size_t size : {(std::size_t{1} << 20) + 3, (std::size_t{8} << 20) + 77}) {
      std::vector<std::uint8_t> memory(size + 64, 7);
      kernels->clear(memory.data() + 5, size);
      CHECK(std::count(memory.begin(), memory.end(), 0) == static_cast<std::ptrdiff_t>(size));
      CHECK(memory[4] == 7);
      CHECK(memory[5 + size] == 7);
    }
  }
}

TEST_CASE("every kernel paints, finds and packs pixels of any width and alignment") {
  std::mt19937 random(7);
  for (std::uint32_t width = 1; width <= 200; ++width) {
    const std::uint32_t height = 1 + width % 64;
    const std::size_t offset = width % 5;
    const std::size_t stride = width + width % 3;
    Exact pixels(stride * (height - 1) + width, offset);
    std::bernoulli_distribution set(width % 4 == 0 ? 0.5 : 0.004);
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x) pixels.data[y * stride + x] = set(random) ? 1 << (x % 8) : 0;
    }
    for (const Kernels* kernels : shipedge::simd::tiers()) {
      CAPTURE(kernels->name);
      CAPTURE(width);
      std::vector<std::uint8_t> found((width + kSide - 1) / kSide, 9);
      kernels->find_strips(pixels.data, static_cast<std::ptrdiff_t>(stride), height, width, found.data());
      for (std::uint32_t strip = 0; strip < found.size(); ++strip) {
        const std::uint32_t columns = std::min(kSide, width - strip * kSide);
        std::vector<std::uint64_t> words(kSide, 1);
        kernels->pack_block(pixels.data + strip * kSide, static_cast<std::ptrdiff_t>(stride), height, columns,
                            words.data());
        // The same block seen as lines: bit b of word l is byte b of line l.
        std::vector<std::uint64_t> lines(height, 1);
        kernels->pack_lines(pixels.data + strip * kSide, static_cast<std::ptrdiff_t>(stride), height, columns,
                            lines.data());
        bool any = false;
        Exact painted(stride * (height - 1) + width, offset);
        std::vector<std::uint64_t> toggles(height, 0);
        std::uint64_t above = 0;
        for (std::uint32_t y = 0; y < height; ++y) {
          std::uint64_t row = 0;
          for (std::uint32_t c = 0; c < kSide; ++c) {
            const bool wanted = c < columns && pixels.data[y * stride + strip * kSide + c] != 0;
            any |= wanted;
            REQUIRE((words[c] >> y & 1) == (wanted ? 1 : 0));
            row |= std::uint64_t{wanted ? 1U : 0U} << c;
          }
          REQUIRE(lines[y] == row);
          toggles[y] = row ^ above;
          above = row;
        }
        for (const std::uint64_t word : words) REQUIRE((height == kSide || word >> height == 0));
        CHECK(found[strip] == (any ? 1 : 0));
        kernels->paint_rows(toggles.data(), height, painted.data + strip * kSide, stride,
                            columns == kSide ? ~std::uint64_t{0} : (std::uint64_t{1} << columns) - 1);
        CHECK(toggles == std::vector<std::uint64_t>(height, 0));
        for (std::uint32_t y = 0; y < height; ++y) {
          for (std::uint32_t x = 0; x < width; ++x) {
            const bool inside = x / kSide == strip && pixels.data[y * stride + x] != 0;
            REQUIRE(painted.data[y * stride + x] == (inside ? 1 : 0));
          }
        }
      }
    }
  }
}

TEST_CASE("every kernel lists the bits of words") {
  std::mt19937_64 random(8);
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    for (int round = 0; round < 200; ++round) {
      std::vector<std::uint64_t> words(static_cast<std::size_t>(round % 9));
      std::vector<std::uint32_t> at(words.size());
      std::vector<std::uint32_t> wanted;
      for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = round % 3 == 0 ? random() : round % 3 == 1 ? random() & random() & random() : ~std::uint64_t{0};
        at[i] = static_cast<std::uint32_t>(random() % 4000000000U);
        for (std::uint32_t b = 0; b < 64; ++b) {
          if ((words[i] >> b & 1) != 0) wanted.push_back(at[i] + b);
        }
      }
      std::vector<std::uint32_t> out(words.size() * 64 + 64);
      out.resize(
          static_cast<std::size_t>(kernels->list_bits(words.data(), at.data(), words.size(), out.data()) - out.data()));
      CHECK(out == wanted);
    }
  }
}

TEST_CASE("every kernel finds the strips of wide masks") {
  std::mt19937 random(9);
  for (const std::uint32_t width : {383U, 384U, 448U, 768U, 769U, 831U, 1023U, 1024U, 1025U, 8191U, 8193U, 20000U}) {
    for (const std::uint32_t height : {1U, 3U, 64U}) {
      Exact pixels(std::size_t{width} * height, width % 7);
      const std::size_t strips = (width + kSide - 1) / kSide;
      std::vector<std::uint8_t> wanted(strips, 0);
      for (int i = 0; i < 5; ++i) {
        const auto x = static_cast<std::uint32_t>(random() % width);
        pixels.data[random() % height * width + x] = 128;
        wanted[x / kSide] = 1;
      }
      for (const Kernels* kernels : shipedge::simd::tiers()) {
        CAPTURE(kernels->name);
        CAPTURE(width);
        std::vector<std::uint8_t> found(strips, 9);
        kernels->find_strips(pixels.data, width, height, width, found.data());
        CHECK(found == wanted);
      }
    }
  }
}

TEST_CASE("every kernel sums bytes and finds the special ones") {
  std::mt19937 random(10);
  const Kernels& plain = *shipedge::simd::tiers().front();
  for (std::size_t size = 0; size <= 700; ++size) {
    Exact bytes(size, size % 9);
    for (std::size_t i = 0; i < size; ++i) bytes.data[i] = static_cast<std::uint8_t>(random());
    std::uint32_t bitwise = 0x12345678;
    for (std::size_t i = 0; i < size; ++i) {
      bitwise ^= bytes.data[i];
      for (int bit = 0; bit < 8; ++bit) bitwise = bitwise >> 1 ^ ((bitwise & 1) != 0 ? 0xedb88320 : 0);
    }
    for (const Kernels* kernels : shipedge::simd::tiers()) {
      CAPTURE(kernels->name);
      CHECK(kernels->crc32(bytes.data, size, 0x12345678) == bitwise);
    }
  }
  const std::string marks = "\r\n\t,\"/:\\";
  for (int round = 0; round < 300; ++round) {
    const auto blocks = static_cast<std::size_t>(round % 5);
    std::string text(64 * blocks, '7');
    for (char& c : text) {
      if (random() % 8 < static_cast<unsigned>(round % 9)) {
        c = static_cast<char>(round % 2 == 0 ? random() : static_cast<unsigned char>(marks[random() % marks.size()]));
      }
    }
    std::vector<std::uint32_t> wanted;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if ((c < '-' && c != ' ') || c >= 0x7f || c == '/' || c == ':' || c == '\\') {
        wanted.push_back(static_cast<std::uint32_t>(1000 + i));
      }
    }
    for (const Kernels* kernels : shipedge::simd::tiers()) {
      CAPTURE(kernels->name);
      std::vector<std::uint32_t> found(text.size() + 16);
      found.resize(kernels->find_specials(text.data(), blocks, 1000, found.data()));
      CHECK(found == wanted);
    }
  }
  std::string all(256, '0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  std::vector<std::uint32_t> wanted(256 + 16);
  wanted.resize(plain.find_specials(all.data(), 4, 0, wanted.data()));
  CHECK(wanted.size() == 176);
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    std::vector<std::uint32_t> found(256 + 16);
    found.resize(kernels->find_specials(all.data(), 4, 0, found.data()));
    CHECK(found == wanted);
  }
}

TEST_CASE("kernels that are not here are refused in words") {
  const std::string chosen = shipedge::simd::best().name;
  CHECK_THROWS_WITH_AS(shipedge::simd::use("mmx"), doctest::Contains("kernels 'mmx' are unknown, expected portable"),
                       std::invalid_argument);
  CHECK(shipedge::simd::best().name == chosen);
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    shipedge::simd::use(kernels->name);
    CHECK(&shipedge::simd::best() == kernels);
  }
  shipedge::simd::use(chosen);
}
