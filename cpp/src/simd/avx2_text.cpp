#include "avx2.hpp"

#ifdef SHIPEDGE_HAS_AVX2

#include <algorithm>
#include <bit>
#include <cstring>

#include "portable.hpp"

namespace shipedge::simd::avx2 {
namespace {

/// The same value, but not known to the compiler, which takes multiplications by constants apart into slower shifts.
SHIPEDGE_AVX2 inline __m256i opaque(__m256i value) noexcept {
  __asm__("" : "+x"(value));
  return value;
}

/// All bits of the first so many runs of four.
SHIPEDGE_AVX2 inline __m256i first_runs(std::size_t count) noexcept {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(static_cast<long long>(count)), _mm256_set_epi64x(3, 2, 1, 0));
}

}  // namespace

/// Four runs at a time: each start becomes seven digits and a space in a field of eight bytes, which is then shifted by
/// its leading zeros; lengths are short enough for a table.
SHIPEDGE_AVX2 char* write_runs(Runs runs, char* out) noexcept {
  const __m256i starts = _mm256_set1_epi64x(0xffffffff);
  const __m256i largest = _mm256_set1_epi64x(999LL << 32 | 9999999);
  const __m256i high = opaque(_mm256_set1_epi64x(109951163));  // 2^40 / 10^4, rounded up: exact below 10^8
  const __m256i ten_thousand = opaque(_mm256_set1_epi64x(10000));
  const __m256i by_hundred = opaque(_mm256_set1_epi16(5243));  // x / 100 = x * 5243 >> 19 below 10^4
  const __m256i by_ten = opaque(_mm256_set1_epi16(6554));      // x / 10 = x * 6554 >> 16 below 100
  const __m256i hundred = opaque(_mm256_set1_epi32(100));
  const __m256i wide_ten = opaque(_mm256_set1_epi64x(10));
  const __m256i ten = opaque(_mm256_set1_epi16(10));
  const __m256i zeros = opaque(_mm256_set1_epi64x(0x2030303030303030LL));  // "0000000 "
  const Run* run = runs.data();
  const Run* const last = run + runs.size();
  while (run != last) {
    const auto count = std::min<std::size_t>(4, static_cast<std::size_t>(last - run));
    __m256i numbers =
        count == 4 ? load(run) : _mm256_maskload_epi32(reinterpret_cast<const int*>(run), first_runs(count));
    numbers = _mm256_sub_epi32(numbers, starts);                                           // starts count from 1
    const __m256i large = _mm256_or_si256(_mm256_cmpgt_epi32(numbers, largest), numbers);  // or from 2^31 on
    if (_mm256_movemask_ps(_mm256_castsi256_ps(large)) != 0) {
      out = portable::write_runs({run, count}, out);  // an image of ten million pixels and more, or a thousand rows
      run += count;
      continue;
    }
    // Times ten: the last of eight digits is 0, the place of the space.
    const __m256i times_ten = _mm256_mul_epu32(numbers, wide_ten);
    const __m256i upper = _mm256_srli_epi64(_mm256_mul_epu32(times_ten, high), 40);
    const __m256i lower = _mm256_sub_epi64(times_ten, _mm256_mul_epu32(upper, ten_thousand));
    const __m256i fours = _mm256_or_si256(upper, _mm256_slli_epi64(lower, 32));
    const __m256i hundreds = _mm256_srli_epi16(_mm256_mulhi_epu16(fours, by_hundred), 3);
    const __m256i rest = _mm256_sub_epi32(fours, _mm256_madd_epi16(hundreds, hundred));
    const __m256i twos = _mm256_or_si256(hundreds, _mm256_slli_epi32(rest, 16));
    const __m256i tens = _mm256_mulhi_epu16(twos, by_ten);
    const __m256i ones = _mm256_sub_epi16(twos, _mm256_mullo_epi16(tens, ten));
    const __m256i digits = _mm256_or_si256(tens, _mm256_slli_epi16(ones, 8));
    // A digit is kept if it or one before it is not zero: v | -v has every bit from the lowest one of v on.
    const __m256i seen = _mm256_or_si256(digits, _mm256_sub_epi64(_mm256_setzero_si256(), digits));
    const __m256i dropped = _mm256_cmpeq_epi8(seen, _mm256_setzero_si256());
    const __m256i leading = _mm256_sad_epu8(_mm256_abs_epi8(dropped), _mm256_setzero_si256());
    alignas(32) char text[4][8];
    alignas(32) std::uint64_t leads[4];
    store(text, _mm256_srlv_epi64(_mm256_or_si256(digits, zeros), _mm256_slli_epi64(leading, 3)));
    store(leads, leading);
    for (std::size_t i = 0; i < count; ++i, ++run) {
      std::memcpy(out, text[i], 8);
      out = portable::write_short(run->length, out + (8 - leads[i]));
    }
  }
  return out;
}

}  // namespace shipedge::simd::avx2

#endif
