#include "avx2.hpp"

#ifdef SHIPEDGE_HAS_AVX2

#include <array>
#include <bit>

#include "portable.hpp"
#include "specials.hpp"

namespace shipedge::simd::avx2 {

/// x^bits modulo the polynomial, reflected in 33 bits: what moves 64 bits of a sum so far ahead.
static constexpr std::int64_t power(unsigned bits) {
  std::uint32_t value = 0x80000000;
  for (unsigned i = 0; i < bits; ++i) value = value >> 1 ^ ((value & 1) != 0 ? portable::kPolynomial : 0);
  return std::int64_t{value} << 1;
}

SHIPEDGE_AVX2 static __m128i load_half(const std::uint8_t* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// `sum` moved ahead by as many bits as the factors say, and what stands there.
SHIPEDGE_AVX2 static __m128i fold(__m128i sum, __m128i factors, __m128i data) noexcept {
  const __m128i low = _mm_clmulepi64_si128(sum, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(sum, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), data);
}

/// Four sums of 16 bytes move ahead side by side, then one. Source of the method: Gopal et al., "Fast CRC Computation
/// for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009.
SHIPEDGE_AVX2 std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept {
  if (size < 64) return portable::crc32(data, size, sum);
  const __m128i four = _mm_set_epi64x(power(512 - 32), power(512 + 32));
  const __m128i one = _mm_set_epi64x(power(128 - 32), power(128 + 32));
  __m128i sums[4] = {load_half(data), load_half(data + 16), load_half(data + 32), load_half(data + 48)};
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128(static_cast<int>(sum)));
  for (data += 64, size -= 64; size >= 64; data += 64, size -= 64) {
    for (std::size_t i = 0; i < 4; ++i) sums[i] = fold(sums[i], four, load_half(data + 16 * i));
  }
  for (std::size_t i = 1; i < 4; ++i) sums[i] = fold(sums[i - 1], one, sums[i]);
  for (; size >= 16; data += 16, size -= 16) sums[3] = fold(sums[3], one, load_half(data));
  std::uint8_t last[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last), sums[3]);
  return portable::crc32(data, size, portable::crc32(last, 16, 0));
}

SHIPEDGE_AVX2 std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base,
                                        std::uint32_t* out) noexcept {
  const __m256i lower = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(&kHalves.lower)));
  const __m256i upper = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(&kHalves.upper)));
  const __m256i half = _mm256_set1_epi8(0x0f);
  std::uint32_t* at = out;
  for (std::size_t block = 0; block < count; ++block, blocks += kBlock, base += kBlock) {
    __m256i plain[2];
    for (unsigned part = 0; part < 2; ++part) {
      const __m256i bytes = load(blocks + 32 * part);
      const __m256i classes = _mm256_shuffle_epi8(lower, _mm256_and_si256(bytes, half));
      const __m256i own = _mm256_shuffle_epi8(upper, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
      plain[part] = _mm256_cmpeq_epi8(_mm256_and_si256(classes, own), _mm256_setzero_si256());
    }
    std::uint64_t found = ~mask_of(plain[0], plain[1]);
    for (; found != 0; found &= found - 1) *at++ = base + static_cast<std::uint32_t>(std::countr_zero(found));
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace shipedge::simd::avx2

#endif
