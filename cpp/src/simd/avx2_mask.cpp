#include "avx2.hpp"

#ifdef SHIPEDGE_HAS_AVX2

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "bits.hpp"
#include "find_strips.hpp"

namespace shipedge::simd::avx2 {

static constexpr std::size_t kCacheBytes = std::size_t{1} << 20;   // up to here plain stores are fastest
static constexpr std::size_t kStreamBytes = std::size_t{8} << 20;  // from here on the caches are better left alone

SHIPEDGE_AVX2 void clear(std::uint8_t* out, std::size_t size) noexcept {
  if (size < 64 || (size > kCacheBytes && size < kStreamBytes)) {
    std::memset(out, 0, size);
    return;
  }
  const __m256i zero = _mm256_setzero_si256();
  store(out, zero);
  store(out + 32, zero);
  // Aligned from here on: a store across two cache lines costs twice.
  std::uint8_t* at = out + (64 - (reinterpret_cast<std::uintptr_t>(out) & 63));
  std::uint8_t* const end = out + size;
  if (size < kStreamBytes) {
    for (; end - at >= 64; at += 64) {
      _mm256_store_si256(reinterpret_cast<__m256i*>(at), zero);
      _mm256_store_si256(reinterpret_cast<__m256i*>(at + 32), zero);
    }
  } else {
    for (; end - at >= 64; at += 64) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(at), zero);
      _mm256_stream_si256(reinterpret_cast<__m256i*>(at + 32), zero);
    }
    _mm_sfence();
  }
  store(end - 64, zero);
  store(end - 32, zero);
}

/// Bit i -> 0xff in byte i.
SHIPEDGE_AVX2 static inline __m256i spread(std::uint32_t bits) noexcept {
  const __m256i byte_of = _mm256_set_epi64x(0x0303030303030303LL, 0x0202020202020202LL, 0x0101010101010101LL, 0);
  const __m256i bit_of = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201ULL));
  const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), byte_of);
  return _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit_of), bit_of);
}

SHIPEDGE_AVX2 static inline void set_bits(std::uint8_t* out, std::uint32_t bits) noexcept {
  store(out, _mm256_or_si256(load(out), _mm256_abs_epi8(spread(bits))));
}

SHIPEDGE_AVX2 void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                              std::uint64_t columns) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t y = 0; y < rows; ++y) {
    if (bits == 0) {  // sea: on to the next row where something begins
      for (; y + 16 <= rows; y += 16) {
        const __m256i next = _mm256_or_si256(load(toggles + y), load(toggles + y + 4));
        const __m256i any = _mm256_or_si256(next, _mm256_or_si256(load(toggles + y + 8), load(toggles + y + 12)));
        if (_mm256_testz_si256(any, any) == 0) break;
      }
      while (y < rows && toggles[y] == 0) ++y;
      if (y == rows) break;
    }
    bits ^= std::exchange(toggles[y], 0);
    std::uint8_t* const row = out + y * stride;
    if (columns == ~std::uint64_t{0}) {
      set_bits(row, static_cast<std::uint32_t>(bits));
      set_bits(row + 32, static_cast<std::uint32_t>(bits >> 32));
    } else {
      set_each_bit(row, bits & columns);
    }
  }
}

/// Both halves of a strip are seen in one register: twelve strips are a whole row of many masks, read as it lies.
template <unsigned kStrips>
SHIPEDGE_AVX2 static void find_some_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                           std::uint8_t* found) noexcept {
  __m256i seen[kStrips];
  for (unsigned s = 0; s < kStrips; ++s) seen[s] = _mm256_setzero_si256();
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    for (unsigned s = 0; s < kStrips; ++s) {
      seen[s] = _mm256_or_si256(seen[s], _mm256_or_si256(load(rows + 64 * s), load(rows + 64 * s + 32)));
    }
  }
  for (unsigned s = 0; s < kStrips; ++s) found[s] = _mm256_testz_si256(seen[s], seen[s]) == 0 ? 1 : 0;
}

SHIPEDGE_AVX2 void find_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::size_t width,
                               std::uint8_t* found) noexcept {
  if (width > kNarrow) return find_strips_by_rows(rows, stride, height, width, found);
  for (; width >= std::size_t{12} * kSide; width -= std::size_t{12} * kSide, rows += 12 * kSide, found += 12) {
    find_some_strips<12>(rows, stride, height, found);
  }
  for (; width >= std::size_t{4} * kSide; width -= std::size_t{4} * kSide, rows += 4 * kSide, found += 4) {
    find_some_strips<4>(rows, stride, height, found);
  }
  for (; width >= kSide; width -= kSide, rows += kSide, ++found) find_some_strips<1>(rows, stride, height, found);
  if (width == 0) return;
  if (width < 32) {
    *found = any_in(rows, stride, height, width) ? 1 : 0;
    return;
  }
  __m256i seen = _mm256_setzero_si256();
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    seen = _mm256_or_si256(seen, _mm256_or_si256(load(rows), load(rows + width - 32)));
  }
  *found = _mm256_testz_si256(seen, seen) == 0 ? 1 : 0;
}

SHIPEDGE_AVX2 void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                              std::uint32_t width, std::uint64_t* words) noexcept {
  if (width < kSide) {
    std::uint8_t padded[kSide * kSide];
    copy_padded(rows, stride, height, width, padded);
    return pack_block(padded, kSide, height, kSide, words);
  }
  for (std::uint32_t left = 0; left < kSide; left += 32) {
    const std::uint8_t* row = rows + left;
    __m256i eighths[8];  // byte c of eighths[g]: rows 8 g .. 8 g + 7 of column c
    for (std::uint32_t g = 0; g < 8; ++g) {
      __m256i bits = _mm256_setzero_si256();
      const std::uint32_t present = 8 * g < height ? std::min(8U, height - 8 * g) : 0;
      __m256i bit = _mm256_set1_epi8(1);
      for (std::uint32_t r = 0; r < present; ++r, row += stride) {
        const __m256i empty = _mm256_cmpeq_epi8(load(row), _mm256_setzero_si256());
        bits = _mm256_or_si256(bits, _mm256_andnot_si256(empty, bit));
        bit = _mm256_add_epi8(bit, bit);
      }
      eighths[g] = bits;
    }
    // Interleave bytes, then pairs, then fours: eight bytes of one column come together.
    __m256i pairs[8];
    for (unsigned i = 0; i < 4; ++i) {
      pairs[2 * i] = _mm256_unpacklo_epi8(eighths[2 * i], eighths[2 * i + 1]);
      pairs[2 * i + 1] = _mm256_unpackhi_epi8(eighths[2 * i], eighths[2 * i + 1]);
    }
    for (unsigned half = 0; half < 2; ++half) {  // columns 0..7 or 8..15 of each sixteen
      const __m256i low0 = _mm256_unpacklo_epi16(pairs[half], pairs[2 + half]);
      const __m256i low1 = _mm256_unpackhi_epi16(pairs[half], pairs[2 + half]);
      const __m256i high0 = _mm256_unpacklo_epi16(pairs[4 + half], pairs[6 + half]);
      const __m256i high1 = _mm256_unpackhi_epi16(pairs[4 + half], pairs[6 + half]);
      const __m256i two[4] = {_mm256_unpacklo_epi32(low0, high0), _mm256_unpackhi_epi32(low0, high0),
                              _mm256_unpacklo_epi32(low1, high1), _mm256_unpackhi_epi32(low1, high1)};
      std::uint64_t* const to = words + left + 8 * half;
      for (unsigned k = 0; k < 4; k += 2) {  // a store of four columns for each sixteen
        store(to + 2 * k, _mm256_permute2x128_si256(two[k], two[k + 1], 0x20));
        store(to + 16 + 2 * k, _mm256_permute2x128_si256(two[k], two[k + 1], 0x31));
      }
    }
  }
}

SHIPEDGE_AVX2 void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                              std::uint64_t* words) noexcept {
  std::uint8_t padded[kSide] = {};
  for (std::uint32_t line = 0; line < count; ++line, lines += stride) {
    const std::uint8_t* bytes = lines;
    if (size < kSide) {
      std::memcpy(padded, lines, size);
      bytes = padded;
    }
    const __m256i zero = _mm256_setzero_si256();
    words[line] = ~mask_of(_mm256_cmpeq_epi8(load(bytes), zero), _mm256_cmpeq_epi8(load(bytes + 32), zero));
  }
}

SHIPEDGE_AVX2 std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                                       std::uint32_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t word = words[i];
    const int found = std::popcount(word);
    if (found <= 4) {  // four at once, whether there are so many or none: a branch would often be guessed wrong
      std::uint64_t rest = word;
      for (unsigned k = 0; k < 4; ++k) {
        out[k] = at[i] + static_cast<std::uint32_t>(std::countr_zero(rest));
        rest &= rest - 1;
        __asm__("" : "+r"(rest));  // or the compiler puts one behind each
      }
      out += found;
      continue;
    }
    for (unsigned eight = 0; eight < 64; eight += 8) {
      const auto& places = kPlacesOfBits[word >> eight & 0xff];
      const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(places.data())));
      store(out, _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(at[i] + eight)), wide));
      out += std::popcount(word >> eight & 0xff);
    }
  }
  return out;
}

}  // namespace shipedge::simd::avx2

#endif
