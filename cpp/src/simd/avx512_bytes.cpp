#include "avx512.hpp"

#ifdef SHIPEDGE_HAS_AVX512

#include <array>
#include <bit>

#include "specials.hpp"

namespace shipedge::simd::avx512 {

/// One byte per ASCII character, its highest bit set where special.
alignas(64) constexpr auto kSpecials = [] {
  std::array<std::uint8_t, 128> table{};
  for (int c = 0; c < 128; ++c) table[static_cast<std::size_t>(c)] = special(c) != 0 ? 0x80 : 0;
  return table;
}();

alignas(64) constexpr auto kPlaces = [] {
  std::array<std::uint8_t, kBlock> places{};
  for (std::size_t i = 0; i < kBlock; ++i) places[i] = static_cast<std::uint8_t>(i);
  return places;
}();

SHIPEDGE_AVX512 std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base,
                                          std::uint32_t* out) noexcept {
  const __m512i low = _mm512_load_si512(kSpecials.data());
  const __m512i high = _mm512_load_si512(kSpecials.data() + 64);
  const __m512i places = _mm512_load_si512(kPlaces.data());
  std::uint32_t* at = out;
  for (std::size_t block = 0; block < count; ++block, blocks += kBlock, base += kBlock) {
    const __m512i bytes = _mm512_loadu_si512(blocks);
    const __m512i looked_up = _mm512_permutex2var_epi8(low, bytes, high);  // by the lower seven bits
    std::uint64_t found = _mm512_movepi8_mask(_mm512_or_si512(looked_up, bytes));
    // Sixteen positions at once, whether there are so many or none: a branch would often be guessed wrong.
    const __m128i first = _mm512_maskz_extracti32x4_epi32(0xf, _mm512_maskz_compress_epi8(found, places), 0);
    const __m512i positions =
        _mm512_add_epi32(_mm512_maskz_cvtepu8_epi32(0xffff, first), _mm512_set1_epi32(static_cast<int>(base)));
    _mm512_storeu_si512(at, positions);
    const auto number = static_cast<std::uint32_t>(std::popcount(found));
    if (number > 16) [[unlikely]] {
      for (std::uint32_t* next = at; found != 0; found &= found - 1) {
        *next++ = base + static_cast<std::uint32_t>(std::countr_zero(found));
      }
    }
    at += number;
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace shipedge::simd::avx512

#endif
