#include <array>
#include <bit>
#include <cstring>

#include "shipedge/png.hpp"

namespace shipedge {
namespace {

constexpr std::uint32_t kPolynomial = 0xedb88320;  // reflected

/// Entry [k][b]: what byte b does to the sum when k more bytes follow it.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t sum = b;
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? kPolynomial : 0);
    tables[0][b] = sum;
  }
  for (std::uint32_t b = 0; b < 256; ++b) {
    for (std::size_t k = 1; k < 8; ++k) tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xff];
  }
  return tables;
}();

}  // namespace

std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t crc) noexcept {
  std::uint32_t sum = ~crc;
  if constexpr (std::endian::native == std::endian::little) {
    for (; size >= 8; data += 8, size -= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, data, 8);
      word ^= sum;
      sum = 0;
      for (unsigned k = 0; k < 8; ++k) sum ^= kTables[7 - k][word >> (8 * k) & 0xff];
    }
  }
  for (; size != 0; ++data, --size) sum = sum >> 8 ^ kTables[0][(sum ^ *data) & 0xff];
  return ~sum;
}

}  // namespace shipedge
