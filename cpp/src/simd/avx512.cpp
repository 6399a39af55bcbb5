#include "kernels.hpp"

// Functions carry their instruction set as an attribute: the file itself, and what it shares with others through
// headers, is compiled for any machine.
#if defined(__x86_64__) && defined(__GNUC__)

#if !defined(__clang__)
// GCC's own header leaves the register undefined that its intrinsics overwrite, and then warns of it (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#define SHIPEDGE_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))

namespace shipedge::simd {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{1} << 20;  // beyond, the C library's way around the caches wins

constexpr std::uint64_t low_bits(std::size_t count) noexcept {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

SHIPEDGE_AVX512 void clear(std::uint8_t* out, std::size_t size) noexcept {
  if (size < 64 || size > kCacheBytes) {
    std::memset(out, 0, size);
    return;
  }
  const __m512i zero = _mm512_setzero_si512();
  _mm512_storeu_si512(out, zero);
  // Aligned from here on: a store across two cache lines costs twice.
  std::uint8_t* at = out + (64 - (reinterpret_cast<std::uintptr_t>(out) & 63));
  std::uint8_t* const end = out + size;
  for (; end - at >= 256; at += 256) {
    _mm512_store_si512(at, zero);
    _mm512_store_si512(at + 64, zero);
    _mm512_store_si512(at + 128, zero);
    _mm512_store_si512(at + 192, zero);
  }
  for (; end - at >= 64; at += 64) _mm512_store_si512(at, zero);
  _mm512_storeu_si512(end - 64, zero);
}

/// Eight numbers, four runs, at a time. A number of at most seven digits and the space behind it are moved to the end
/// of a field of eight bytes, so that all fields can be multiplied by powers of ten side by side.
SHIPEDGE_AVX512 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  const __m512i iota =
      _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                      39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                      15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  // Entry n: the last n + 1 of a field's eight bytes.
  const __m128i field_of = _mm_set_epi64x(0, static_cast<long long>(0xfffefcf8f0e0c080ULL));
  const __m512i tens = _mm512_set1_epi64(0x0001010a010a010aLL);      // bytes 10 1, 10 1, 10 1, 1 0
  const __m512i hundreds = _mm512_set1_epi64(0x0001000a00010064LL);  // words 100 1, 10 1
  const __m256i thousands = _mm256_set1_epi32(0x000103e8);           // words 1000 1
  const __m256i one_based = _mm256_set1_epi64x(1);                   // start, length
  const __m256i limit = _mm256_set1_epi32(static_cast<int>(std::min<std::uint64_t>(cursor.limit, 0xffffffffU)));
  const char* at = cursor.at;
  Run* const first = out;
  // The first run may start at 1; one behind others must leave a gap, or it would have to be joined.
  std::uint32_t last_end = cursor.next == 1 ? 0 : static_cast<std::uint32_t>(cursor.next);
  __m256i ends = _mm256_set1_epi32(static_cast<int>(last_end));
  while (at < cursor.end) {
    const auto left = static_cast<std::size_t>(cursor.end - at);
    const __m512i text = _mm512_maskz_loadu_epi8(low_bits(left), at);
    const std::uint64_t digits =
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(text, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    const std::uint64_t spaces = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8(' '));
    const std::uint64_t other = ~(digits | spaces);  // also what is behind the text: its end ends a number
    const std::uint64_t stops = left < 64 && std::countr_zero(other) == static_cast<int>(left)
                                    ? spaces | std::uint64_t{1} << left
                                    : spaces & (_blsmsk_u64(other) | -static_cast<std::uint64_t>(other == 0));
    const std::uint32_t count = std::min(8U, static_cast<std::uint32_t>(std::popcount(stops))) & ~1U;
    if (count == 0) break;
    // One byte for each number: where it stops, its length, its field.
    const std::uint64_t used = low_bits(std::size_t{8} * count);
    const auto at_stop =
        static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_maskz_compress_epi8(stops, iota))));
    const std::uint64_t lengths = at_stop - (at_stop << 8) - 0x0101010101010100ULL;
    if ((((lengths - 0x0101010101010101ULL) | lengths) & 0xf8f8f8f8f8f8f8f8ULL & used) != 0) break;  // 0, or over 7
    const auto fields = static_cast<std::uint64_t>(
        _mm_cvtsi128_si64(_mm_shuffle_epi8(field_of, _mm_cvtsi64_si128(static_cast<long long>(lengths)))));
    const __m512i spread = _mm512_maskz_expand_epi8(fields & used, text);
    const __m512i value = _mm512_and_si512(spread, _mm512_set1_epi8(0x0f));
    const __m512i quads = _mm512_madd_epi16(_mm512_maddubs_epi16(value, tens), hundreds);
    const __m256i numbers = _mm256_madd_epi16(_mm512_cvtepi32_epi16(quads), thousands);
    const __m256i run_ends = _mm256_add_epi32(numbers, _mm256_shuffle_epi32(numbers, 0xb1));
    // A start lies behind the end of the run before it, a length is over 0, an end inside the mask.
    const __m256i floors = _mm256_maskz_alignr_epi32(0x55, run_ends, ends, 6);
    const unsigned wrong =
        static_cast<unsigned>(_mm256_cmple_epu32_mask(numbers, floors) | _mm256_cmpgt_epu32_mask(run_ends, limit));
    const unsigned lanes = (1U << count) - 1;
    if ((wrong & lanes) != 0) break;
    _mm256_mask_storeu_epi32(out, static_cast<__mmask8>(lanes), _mm256_sub_epi32(numbers, one_based));
    out += count / 2;
    at += (at_stop >> (8 * (count - 1)) & 0xff) + 1;
    ends = run_ends;
    if (count != 8) {
      last_end = out[-1].end() + 1;
      ends = _mm256_set1_epi32(static_cast<int>(last_end));
    }
  }
  if (out != first) cursor.next = std::uint64_t{out[-1].start} + out[-1].length + 1;
  cursor.at = std::min(at, cursor.end);
  return static_cast<std::size_t>(out - first);
}

/// Four runs, eight numbers, at a time: each becomes seven digits and a space in a field of eight bytes; then the
/// leading zeros of all fields are squeezed out at once.
SHIPEDGE_AVX512 char* write_runs(Runs runs, char* out) noexcept {
  const __m256i one_based = _mm256_set1_epi64x(1);
  const __m512i high = _mm512_set1_epi64(109951163);  // 2^40 / 10^4, rounded up: exact below 10^8
  const __m512i ten_thousand = _mm512_set1_epi64(10000);
  const __m512i digits = _mm512_set1_epi64(0x2030303030303030LL);  // "0000000 "
  const Run* run = runs.data();
  std::size_t left = runs.size();
  while (left != 0) {
    const auto count = static_cast<unsigned>(std::min<std::size_t>(left, 4));
    const auto lanes = static_cast<__mmask8>((1U << (2 * count)) - 1);
    const __m256i numbers = _mm256_maskz_add_epi32(lanes, _mm256_maskz_loadu_epi32(lanes, run), one_based);
    if (_mm256_cmpge_epu32_mask(numbers, _mm256_set1_epi32(10000000)) != 0) {
      out = portable().write_runs({run, count}, out);  // a picture of ten million pixels and more
    } else {
      // Times ten: the last of eight digits is 0, the place of the space.
      const __m512i wide = _mm512_cvtepu32_epi64(numbers);
      const __m512i times_ten = _mm512_add_epi64(_mm512_slli_epi64(wide, 3), _mm512_slli_epi64(wide, 1));
      const __m512i upper = _mm512_srli_epi64(_mm512_mul_epu32(times_ten, high), 40);
      const __m512i lower = _mm512_sub_epi64(times_ten, _mm512_mul_epu32(upper, ten_thousand));
      const __m512i fours = _mm512_or_si512(upper, _mm512_slli_epi64(lower, 32));
      // x / 100 = x * 5243 >> 19 below 10^4, x / 10 = x * 6554 >> 16 below 100.
      const __m512i hundreds = _mm512_srli_epi16(_mm512_mulhi_epu16(fours, _mm512_set1_epi16(5243)), 3);
      const __m512i rest = _mm512_sub_epi16(fours, _mm512_mullo_epi16(hundreds, _mm512_set1_epi16(100)));
      const __m512i twos = _mm512_or_si512(hundreds, _mm512_slli_epi32(rest, 16));
      const __m512i tens = _mm512_mulhi_epu16(twos, _mm512_set1_epi16(6554));
      const __m512i ones = _mm512_sub_epi16(twos, _mm512_mullo_epi16(tens, _mm512_set1_epi16(10)));
      const __m512i values = _mm512_or_si512(tens, _mm512_slli_epi16(ones, 8));
      // A digit is kept if it or one before it is not zero; so is the space.
      __m512i seen = _mm512_or_si512(values, _mm512_set1_epi64(static_cast<long long>(0xff00000000000000ULL)));
      seen = _mm512_or_si512(seen, _mm512_slli_epi64(seen, 8));
      seen = _mm512_or_si512(seen, _mm512_slli_epi64(seen, 16));
      seen = _mm512_or_si512(seen, _mm512_slli_epi64(seen, 32));
      const std::uint64_t kept = _mm512_test_epi8_mask(seen, seen) & low_bits(std::size_t{16} * count);
      _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(kept, _mm512_or_si512(values, digits)));
      out += std::popcount(kept);
    }
    run += count;
    left -= count;
  }
  return out;
}

SHIPEDGE_AVX512 void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                                std::uint64_t columns) noexcept {
  const __m512i one = _mm512_set1_epi8(1);
  std::uint64_t bits = 0;
  if (columns == ~std::uint64_t{0}) {
    for (std::size_t y = 0; y < rows; ++y, out += stride) {
      bits ^= toggles[y];
      _mm512_storeu_si512(out, _mm512_mask_mov_epi8(_mm512_loadu_si512(out), bits, one));
    }
  } else {
    for (std::size_t y = 0; y < rows; ++y, out += stride) {
      bits ^= toggles[y];
      _mm512_mask_storeu_epi8(out, bits & columns, one);
    }
  }
  std::memset(toggles, 0, rows * sizeof *toggles);
}

template <unsigned kStrips>
SHIPEDGE_AVX512 void find_some_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
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

}  // namespace

const Kernels* avx512() noexcept {
  static constexpr Kernels kKernels{"avx512", clear, read_runs, write_runs, paint_rows, find_strips, pack_block};
  static const bool there = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                            __builtin_cpu_supports("bmi2");
  return there ? &kKernels : nullptr;
}

}  // namespace shipedge::simd

#else

namespace shipedge::simd {
const Kernels* avx512() noexcept { return nullptr; }
}  // namespace shipedge::simd

#endif
