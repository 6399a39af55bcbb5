#include "shipedge/kernels.hpp"

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

/// 0, 1, ... 63.
SHIPEDGE_AVX512 inline __m512i ascending_bytes() noexcept {
  const __m512i eight = _mm512_set1_epi64(0x0706050403020100LL);
  const __m512i groups =
      _mm512_set_epi64(0x3838383838383838LL, 0x3030303030303030LL, 0x2828282828282828LL, 0x2020202020202020LL,
                       0x1818181818181818LL, 0x1010101010101010LL, 0x0808080808080808LL, 0);
  return _mm512_add_epi8(eight, groups);
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

constexpr std::size_t kChunk = 1024;  // bytes of text whose numbers are located before they are read

/// Where the numbers of a chunk of text stop: offsets of the byte behind each. Ends early at anything but digits and
/// single spaces. `stops` has room for kChunk / 2 + 32 offsets.
SHIPEDGE_AVX512 std::size_t locate_stops(const char* text, std::size_t size, bool to_the_end,
                                         std::uint16_t* stops) noexcept {
  const __m512i iota = ascending_bytes();
  std::size_t count = 0;
  for (std::size_t at = 0; at < size; at += 64) {
    const std::uint64_t there = low_bits(size - at);
    const __m512i bytes = _mm512_maskz_loadu_epi8(there, text + at);
    const std::uint64_t digits =
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    std::uint64_t spaces = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(' '));
    const std::uint64_t other = ~(digits | spaces) & there;
    if (other != 0) spaces &= _blsmsk_u64(other);
    const auto found = static_cast<std::size_t>(std::popcount(spaces));
    if (found > 32) break;  // some spaces stand side by side
    const __m512i offsets = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(_mm512_maskz_compress_epi8(spaces, iota)));
    _mm512_storeu_si512(stops + count, _mm512_add_epi16(offsets, _mm512_set1_epi16(static_cast<short>(at))));
    count += found;
    if (other != 0) return count;
    if (at + 64 >= size && to_the_end && (digits >> ((size - at - 1) & 63) & 1) != 0) {
      stops[count++] = static_cast<std::uint16_t>(size);  // the end of the text ends its last number
    }
  }
  return count;
}

/// Eight numbers, four runs, at a time. A number of at most seven digits and the space behind it are moved to the end
/// of a field of eight bytes, so that all fields can be multiplied by powers of ten side by side.
SHIPEDGE_AVX512 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  // Entry n: the last n + 1 of a field's eight bytes.
  const __m128i field_of = _mm_set_epi64x(0, static_cast<long long>(0xfffefcf8f0e0c080ULL));
  const __m512i tens = _mm512_set1_epi64(0x0001010a010a010aLL);      // bytes 10 1, 10 1, 10 1, 1 0
  const __m512i hundreds = _mm512_set1_epi64(0x0001000a00010064LL);  // words 100 1, 10 1
  const __m256i thousands = _mm256_set1_epi32(0x000103e8);           // words 1000 1
  const __m256i one_based = _mm256_set1_epi64x(1);                   // start, length
  const __m256i limit = _mm256_set1_epi32(static_cast<int>(std::min<std::uint64_t>(cursor.limit, 0xffffffffU)));
  Run* const first = out;
  // The first run may start at 1; one behind others must leave a gap, or it would have to be joined.
  __m256i ends = _mm256_set1_epi32(cursor.next == 1 ? 0 : static_cast<int>(cursor.next));
  std::uint16_t room[1 + kChunk / 2 + 32];
  room[0] = 0xffff;  // the first number starts one behind offset -1
  std::uint16_t* const stops = room + 1;
  for (bool plain = true; plain && cursor.at < cursor.end;) {
    const char* const text = cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - text);
    const std::size_t located = locate_stops(text, std::min(left, kChunk), left <= kChunk, stops);
    std::size_t done = 0;
    while (done < located) {
      const auto count = static_cast<unsigned>(std::min<std::size_t>(8, located - done)) & ~1U;
      if (count < 8 && (left > kChunk || count == 0)) break;  // the next chunk begins with them
      const auto lanes = static_cast<unsigned>(low_bits(count));
      const __m128i before = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stops + done - 1));
      const __m128i after = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stops + done));
      const __m128i digits_less_one = _mm_sub_epi16(_mm_sub_epi16(after, before), _mm_set1_epi16(2));
      const unsigned odd_length = _mm_cmpge_epu16_mask(digits_less_one, _mm_set1_epi16(7));
      const __m128i length_bytes = _mm_add_epi8(_mm_cvtepi16_epi8(digits_less_one), _mm_set1_epi8(1));
      const auto fields = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_shuffle_epi8(field_of, length_bytes)));
      const std::size_t at = static_cast<std::uint16_t>(stops[done - 1] + 1);
      const __m512i numerals = _mm512_maskz_loadu_epi8(low_bits(left - at), text + at);
      const __m512i spread = _mm512_maskz_expand_epi8(fields & low_bits(std::size_t{8} * count), numerals);
      const __m512i value = _mm512_and_si512(spread, _mm512_set1_epi8(0x0f));
      const __m512i quads = _mm512_madd_epi16(_mm512_maddubs_epi16(value, tens), hundreds);
      const __m256i numbers = _mm256_madd_epi16(_mm512_cvtepi32_epi16(quads), thousands);
      const __m256i run_ends = _mm256_add_epi32(numbers, _mm256_shuffle_epi32(numbers, 0xb1));
      // A start lies behind the end of the run before it, a length is over 0, an end inside the mask.
      const __m256i floors = _mm256_maskz_alignr_epi32(0x55, run_ends, ends, 6);
      const unsigned wrong = odd_length | _mm256_cmple_epu32_mask(numbers, floors) |
                             static_cast<unsigned>(_mm256_cmpgt_epu32_mask(run_ends, limit));
      if ((wrong & lanes) != 0) {
        plain = false;
        break;
      }
      _mm256_mask_storeu_epi32(out, static_cast<__mmask8>(lanes), _mm256_sub_epi32(numbers, one_based));
      out += count / 2;
      done += count;
      ends = run_ends;
    }
    if (done == 0) break;
    plain = plain && left > kChunk;
    cursor.at = std::min(text + stops[done - 1] + 1, cursor.end);
  }
  if (out != first) cursor.next = std::uint64_t{out[-1].start} + out[-1].length + 1;
  return static_cast<std::size_t>(out - first);
}

/// The same value, but not known to the compiler, which takes multiplications by constants apart into slower shifts.
SHIPEDGE_AVX512 inline __m512i opaque(__m512i value) noexcept {
  __asm__("" : "+v"(value));
  return value;
}

/// Four runs, eight numbers, at a time: each becomes seven digits and a space in a field of eight bytes; then the
/// leading zeros of all fields are squeezed out at once.
SHIPEDGE_AVX512 char* write_runs(Runs runs, char* out) noexcept {
  const __m256i one_based = _mm256_set1_epi64x(1);
  const __m256i too_large = _mm256_set1_epi32(10000000);
  const __m512i high = opaque(_mm512_set1_epi64(109951163));  // 2^40 / 10^4, rounded up: exact below 10^8
  const __m512i ten_thousand = opaque(_mm512_set1_epi64(10000));
  const __m512i by_hundred = opaque(_mm512_set1_epi16(5243));  // x / 100 = x * 5243 >> 19 below 10^4
  const __m512i by_ten = opaque(_mm512_set1_epi16(6554));      // x / 10 = x * 6554 >> 16 below 100
  const __m512i hundred = opaque(_mm512_set1_epi32(100));
  const __m512i wide_ten = opaque(_mm512_set1_epi64(10));
  const __m512i ten = opaque(_mm512_set1_epi16(10));
  const __m512i zeros = opaque(_mm512_set1_epi64(0x2030303030303030LL));  // "0000000 "
  const Run* run = runs.data();
  for (std::size_t left = runs.size(); left != 0;) {
    const std::size_t count = std::min<std::size_t>(left, 4);
    const auto lanes = static_cast<__mmask8>(low_bits(2 * count));
    const __m256i numbers = _mm256_maskz_add_epi32(lanes, _mm256_maskz_loadu_epi32(lanes, run), one_based);
    if (_mm256_cmpge_epu32_mask(numbers, too_large) != 0) {
      out = portable().write_runs({run, count}, out);  // a picture of ten million pixels and more
    } else {
      // Times ten: the last of eight digits is 0, the place of the space.
      const __m512i times_ten = _mm512_mul_epu32(_mm512_cvtepu32_epi64(numbers), wide_ten);
      const __m512i upper = _mm512_srli_epi64(_mm512_mul_epu32(times_ten, high), 40);
      const __m512i lower = _mm512_sub_epi64(times_ten, _mm512_mul_epu32(upper, ten_thousand));
      const __m512i fours = _mm512_or_si512(upper, _mm512_slli_epi64(lower, 32));
      const __m512i hundreds = _mm512_srli_epi16(_mm512_mulhi_epu16(fours, by_hundred), 3);
      const __m512i rest = _mm512_sub_epi32(fours, _mm512_madd_epi16(hundreds, hundred));
      const __m512i twos = _mm512_or_si512(hundreds, _mm512_slli_epi32(rest, 16));
      const __m512i tens = _mm512_mulhi_epu16(twos, by_ten);
      const __m512i ones = _mm512_sub_epi16(twos, _mm512_maddubs_epi16(tens, ten));
      const __m512i digits = _mm512_or_si512(tens, _mm512_slli_epi16(ones, 8));
      // A digit is kept if it or one before it is not zero: v | -v has every bit from the lowest one of v on.
      const __m512i seen = _mm512_or_si512(digits, _mm512_sub_epi64(_mm512_setzero_si512(), digits));
      const std::uint64_t kept = _mm512_test_epi8_mask(seen, seen) & low_bits(16 * count);
      _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(kept, _mm512_or_si512(digits, zeros)));
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

}  // namespace

const Kernels* avx512() noexcept {
  static constexpr Kernels kKernels{"avx512",   clear,       read_runs,  write_runs,
                                    paint_rows, find_strips, pack_block, list_bits};
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
