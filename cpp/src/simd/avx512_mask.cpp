#include "avx512.hpp"

#ifdef SHIPEDGE_HAS_AVX512

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "find_strips.hpp"

namespace shipedge::simd::avx512 {

static constexpr std::size_t kCacheBytes = std::size_t{1} << 20;   // up to here plain stores are fastest
static constexpr std::size_t kStreamBytes = std::size_t{8} << 20;  // from here on the caches are better left alone

SHIPEDGE_AVX512 void clear(std::uint8_t* out, std::size_t size) noexcept {
  if (size < 64 || (size > kCacheBytes && size < kStreamBytes)) {
    std::memset(out, 0, size);
    return;
  }
  const __m512i zero = _mm512_setzero_si512();
  _mm512_storeu_si512(out, zero);
  // Aligned from here on: a store across two cache lines costs twice.
  std::uint8_t* at = out + (64 - (reinterpret_cast<std::uintptr_t>(out) & 63));
  std::uint8_t* const end = out + size;
  if (size < kStreamBytes) {
    for (; end - at >= 64; at += 64) _mm512_store_si512(at, zero);
  } else {
    for (; end - at >= 64; at += 64) _mm512_stream_si512(reinterpret_cast<__m512i*>(at), zero);
    _mm_sfence();
  }
  _mm512_storeu_si512(end - 64, zero);
}

SHIPEDGE_AVX512 void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                                std::uint64_t columns) noexcept {
  const __m512i one = _mm512_set1_epi8(1);
  std::uint64_t bits = 0;
  for (std::size_t y = 0; y < rows; ++y) {
    if (bits == 0) {  // sea: on to the next row where something begins
      for (; y + 32 <= rows; y += 32) {
        const __m512i next = _mm512_or_si512(_mm512_loadu_si512(toggles + y), _mm512_loadu_si512(toggles + y + 8));
        const __m512i then =
            _mm512_or_si512(_mm512_loadu_si512(toggles + y + 16), _mm512_loadu_si512(toggles + y + 24));
        if (const __m512i any = _mm512_or_si512(next, then); _mm512_test_epi64_mask(any, any) != 0) break;
      }
      for (; y + 8 <= rows; y += 8) {
        const __m512i next = _mm512_loadu_si512(toggles + y);
        if (_mm512_test_epi64_mask(next, next) != 0) break;
      }
      while (y < rows && toggles[y] == 0) ++y;
      if (y == rows) break;
    }
    bits ^= std::exchange(toggles[y], 0);
    std::uint8_t* const row = out + y * stride;
    if (columns == ~std::uint64_t{0}) {
      _mm512_storeu_si512(row, _mm512_mask_mov_epi8(_mm512_loadu_si512(row), bits, one));
    } else {
      _mm512_mask_storeu_epi8(row, bits & columns, one);
    }
  }
}

template <unsigned kStrips>
SHIPEDGE_AVX512 static void find_some_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                             std::uint8_t* found) noexcept {
  __m512i seen[kStrips];
  for (unsigned s = 0; s < kStrips; ++s) seen[s] = _mm512_setzero_si512();
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    for (unsigned s = 0; s < kStrips; ++s) seen[s] = _mm512_or_si512(seen[s], _mm512_loadu_si512(rows + 64 * s));
  }
  for (unsigned s = 0; s < kStrips; ++s) found[s] = _mm512_test_epi8_mask(seen[s], seen[s]) != 0;
}

SHIPEDGE_AVX512 void find_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                 std::size_t width, std::uint8_t* found) noexcept {
  if (width > kNarrow) return find_strips_by_rows(rows, stride, height, width, found);
  for (; width >= std::size_t{12} * kSide; width -= std::size_t{12} * kSide, rows += 12 * kSide, found += 12) {
    find_some_strips<12>(rows, stride, height, found);
  }
  for (; width >= std::size_t{4} * kSide; width -= std::size_t{4} * kSide, rows += 4 * kSide, found += 4) {
    find_some_strips<4>(rows, stride, height, found);
  }
  for (; width >= kSide; width -= kSide, rows += kSide, ++found) find_some_strips<1>(rows, stride, height, found);
  if (width == 0) return;
  __m512i seen = _mm512_setzero_si512();
  const __mmask64 columns = low_bits(width);
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    seen = _mm512_or_si512(seen, _mm512_maskz_loadu_epi8(columns, rows));
  }
  *found = _mm512_test_epi8_mask(seen, seen) != 0;
}

SHIPEDGE_AVX512 void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                std::uint32_t width, std::uint64_t* words) noexcept {
  const __mmask64 columns = low_bits(width);
  __m512i eighths[8];  // byte c of eighths[g]: rows 8 g .. 8 g + 7 of column c
  for (std::uint32_t g = 0; g < 8; ++g) {
    __m512i bits = _mm512_setzero_si512();
    const std::uint32_t present = 8 * g < height ? std::min(8U, height - 8 * g) : 0;
    __m512i bit = _mm512_set1_epi8(1);
    for (std::uint32_t r = 0; r < present; ++r, rows += stride) {
      const __m512i row = _mm512_maskz_loadu_epi8(columns, rows);
      bits = _mm512_or_si512(bits, _mm512_maskz_mov_epi8(_mm512_test_epi8_mask(row, row), bit));
      bit = _mm512_add_epi8(bit, bit);
    }
    eighths[g] = bits;
  }
  // Interleave bytes, then pairs, then fours: eight bytes of one column come together.
  __m512i pairs[8];
  for (unsigned i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm512_unpacklo_epi8(eighths[2 * i], eighths[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_epi8(eighths[2 * i], eighths[2 * i + 1]);
  }
  for (unsigned half = 0; half < 2; ++half) {  // columns 0..7 or 8..15 of each sixteen
    const __m512i low0 = _mm512_unpacklo_epi16(pairs[half], pairs[2 + half]);
    const __m512i low1 = _mm512_unpackhi_epi16(pairs[half], pairs[2 + half]);
    const __m512i high0 = _mm512_unpacklo_epi16(pairs[4 + half], pairs[6 + half]);
    const __m512i high1 = _mm512_unpackhi_epi16(pairs[4 + half], pairs[6 + half]);
    const __m512i two[4] = {_mm512_unpacklo_epi32(low0, high0), _mm512_unpackhi_epi32(low0, high0),
                            _mm512_unpacklo_epi32(low1, high1), _mm512_unpackhi_epi32(low1, high1)};
    for (unsigned k = 0; k < 4; ++k) {
      std::uint64_t* const to = words + 8 * half + 2 * k;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_extracti32x4_epi32(two[k], 0));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16), _mm512_extracti32x4_epi32(two[k], 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 32), _mm512_extracti32x4_epi32(two[k], 2));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 48), _mm512_extracti32x4_epi32(two[k], 3));
    }
  }
}

SHIPEDGE_AVX512 void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count,
                                std::uint32_t size, std::uint64_t* words) noexcept {
  const __mmask64 there = low_bits(size);
  for (std::uint32_t line = 0; line < count; ++line, lines += stride) {
    const __m512i bytes = _mm512_maskz_loadu_epi8(there, lines);
    words[line] = _mm512_test_epi8_mask(bytes, bytes);
  }
}

SHIPEDGE_AVX512 std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                                         std::uint32_t* out) noexcept {
  const __m512i iota = ascending_bytes();
  for (std::size_t i = 0; i < count; ++i) {
    const __m512i base = _mm512_set1_epi32(static_cast<int>(at[i]));
    const __m512i bits = _mm512_maskz_compress_epi8(words[i], iota);
    const int found = std::popcount(words[i]);
    _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bits))));
    if (found > 16) {  // dense: all at once, one branch that is easy to foresee
      for (int part = 1; part < 4; ++part) {
        const __m128i bytes = part == 1   ? _mm512_extracti32x4_epi32(bits, 1)
                              : part == 2 ? _mm512_extracti32x4_epi32(bits, 2)
                                          : _mm512_extracti32x4_epi32(bits, 3);
        _mm512_storeu_si512(out + 16 * part, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(bytes)));
      }
    }
    out += found;
  }
  return out;
}

}  // namespace shipedge::simd::avx512

#endif
