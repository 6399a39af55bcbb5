#include <array>
#include <bit>
#include <cstring>

#include "shipedge/kernels.hpp"
#include "shipedge/png.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define SHIPEDGE_PCLMUL __attribute__((target("pclmul,sse4.1")))
#endif

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

/// The sum (not inverted) after more bytes.
std::uint32_t by_tables(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept {
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

#ifdef SHIPEDGE_PCLMUL
/// x^bits modulo the polynomial, reflected in 33 bits: what moves 64 bits of a sum so far ahead.
constexpr std::int64_t power(unsigned bits) {
  std::uint32_t value = 0x80000000;
  for (unsigned i = 0; i < bits; ++i) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
  return std::int64_t{value} << 1;
}

SHIPEDGE_PCLMUL __m128i load(const std::uint8_t* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// `sum` moved ahead by as many bits as the factors say, and what stands there.
SHIPEDGE_PCLMUL __m128i fold(__m128i sum, __m128i factors, __m128i data) noexcept {
  const __m128i low = _mm_clmulepi64_si128(sum, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(sum, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), data);
}

/// Four sums of 16 bytes move ahead side by side, then one. Source of the method: Gopal et al., "Fast CRC Computation
/// for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009.
SHIPEDGE_PCLMUL std::uint32_t by_products(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept {
  if (size < 64) return by_tables(data, size, sum);
  const __m128i four = _mm_set_epi64x(power(512 - 32), power(512 + 32));
  const __m128i one = _mm_set_epi64x(power(128 - 32), power(128 + 32));
  __m128i sums[4] = {load(data), load(data + 16), load(data + 32), load(data + 48)};
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128(static_cast<int>(sum)));
  for (data += 64, size -= 64; size >= 64; data += 64, size -= 64) {
    for (std::size_t i = 0; i < 4; ++i) sums[i] = fold(sums[i], four, load(data + 16 * i));
  }
  for (std::size_t i = 1; i < 4; ++i) sums[i] = fold(sums[i - 1], one, sums[i]);
  for (; size >= 16; data += 16, size -= 16) sums[3] = fold(sums[3], one, load(data));
  std::uint8_t last[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last), sums[3]);
  return by_tables(data, size, by_tables(last, 16, 0));
}
#endif

}  // namespace

std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t crc) noexcept {
#ifdef SHIPEDGE_PCLMUL
  static const bool products =
      !simd::keep_portable() && __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
  if (products) return ~by_products(data, size, ~crc);
#endif
  return ~by_tables(data, size, ~crc);
}

}  // namespace shipedge
