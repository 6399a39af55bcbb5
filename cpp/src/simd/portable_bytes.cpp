#include <array>
#include <bit>
#include <cstring>

#include "portable.hpp"
#include "specials.hpp"

namespace shipedge::simd::portable {

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

std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept {
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
  return sum;
}

/// Takes the flag that comes first in memory out of eight: its place.
static std::uint32_t pop_first(std::uint64_t& flags) noexcept {
  constexpr bool kLittle = std::endian::native == std::endian::little;
  const auto bit = static_cast<std::uint32_t>(kLittle ? std::countr_zero(flags) : std::countl_zero(flags));
  flags ^= kLittle ? flags & (~flags + 1) : std::uint64_t{1} << (63 - bit);
  return bit / 8;
}

#ifdef __GNUC__
/// Sixteen bytes at once: what every 64-bit machine has, in the vector notation of GCC and Clang.
using Bytes = std::uint8_t __attribute__((vector_size(16)));
#else
using Bytes = std::uint8_t;
#endif
constexpr std::size_t kParts = kBlock / sizeof(Bytes);

std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) noexcept {
  std::uint32_t* at = out;
  for (std::size_t block = 0; block < count; ++block, blocks += kBlock, base += kBlock) {
    Bytes bytes[kParts];
    std::memcpy(bytes, blocks, kBlock);
    for (Bytes& part : bytes) part = (Bytes)special(part);
    std::uint64_t words[kBlock / 8];
    std::memcpy(words, bytes, kBlock);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    if (any == 0) continue;
    for (std::uint32_t i = 0; i < kBlock; i += 8) {
      for (std::uint64_t flags = words[i / 8] & 0x0101010101010101ULL; flags != 0;) *at++ = base + i + pop_first(flags);
    }
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace shipedge::simd::portable
