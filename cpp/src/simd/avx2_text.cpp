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

SHIPEDGE_AVX2 inline void store_low(char* to, __m128i value) noexcept {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), value);
}

SHIPEDGE_AVX2 inline void store_high(char* to, __m128i value) noexcept {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_unpackhi_epi64(value, value));
}

}  // namespace

/// Four runs at a time, starts in one register and lengths in another: each number becomes seven digits and a space in
/// a field of eight bytes, which is then shifted by its leading zeros.
SHIPEDGE_AVX2 char* write_runs(Runs runs, char* out) noexcept {
  const __m256i starts_of = _mm256_set1_epi64x(0xffffffff);
  const __m256i too_large = _mm256_set1_epi32(9999999);
  const __m256i high = opaque(_mm256_set1_epi64x(109951163));  // 2^40 / 10^4, rounded up: exact below 10^8
  const __m256i ten_thousand = opaque(_mm256_set1_epi64x(10000));
  const __m256i by_hundred = opaque(_mm256_set1_epi16(5243));  // x / 100 = x * 5243 >> 19 below 10^4
  const __m256i by_ten = opaque(_mm256_set1_epi16(6554));      // x / 10 = x * 6554 >> 16 below 100
  const __m256i hundred = opaque(_mm256_set1_epi32(100));
  const __m256i wide_ten = opaque(_mm256_set1_epi64x(10));
  const __m256i ten = opaque(_mm256_set1_epi16(10));
  const __m256i zeros = opaque(_mm256_set1_epi64x(0x2030303030303030LL));  // "0000000 "
  const Run* run = runs.data();
  for (std::size_t left = runs.size(); left != 0;) {
    const std::size_t count = std::min<std::size_t>(left, 4);
    Run four[4] = {};
    const Run* from = run;
    if (count < 4) {
      std::memcpy(four, run, count * sizeof(Run));
      from = four;
    }
    const __m256i numbers = _mm256_sub_epi32(load(from), starts_of);                         // starts count from 1
    const __m256i large = _mm256_or_si256(_mm256_cmpgt_epi32(numbers, too_large), numbers);  // or from 2^31 on
    if (_mm256_movemask_ps(_mm256_castsi256_ps(large)) != 0) {
      out = portable::write_runs({run, count}, out);  // a picture of ten million pixels and more
    } else {
      __m256i text[2];
      __m256i leading[2];
      for (unsigned i = 0; i < 2; ++i) {
        // Times ten: the last of eight digits is 0, the place of the space.
        const __m256i times_ten = _mm256_mul_epu32(i == 0 ? numbers : _mm256_srli_epi64(numbers, 32), wide_ten);
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
        leading[i] = _mm256_sad_epu8(_mm256_abs_epi8(dropped), _mm256_setzero_si256());
        text[i] = _mm256_srlv_epi64(_mm256_or_si256(digits, zeros), _mm256_slli_epi64(leading[i], 3));
      }
      // Bytes 0 and 1 of each lane: characters of a start and its length; then where each of eight numbers begins.
      const __m256i sizes =
          _mm256_sub_epi64(_mm256_set1_epi64x(0x0808), _mm256_or_si256(leading[0], _mm256_slli_epi64(leading[1], 8)));
      const __m256i pairs =
          _mm256_shuffle_epi8(sizes, _mm256_set_epi64x(-1, static_cast<long long>(0x09080100ffffffffULL), -1,
                                                       static_cast<long long>(0xffffffff09080100ULL)));
      const auto each = static_cast<std::uint64_t>(
          _mm_cvtsi128_si64(_mm_or_si128(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1))));
      const std::uint64_t ends = each * 0x0101010101010101ULL;  // byte i: the sum up to number i
      const auto end_of = [&](unsigned number) { return ends >> (8 * number) & 0xff; };
      const __m128i starts[2] = {_mm256_castsi256_si128(text[0]), _mm256_extracti128_si256(text[0], 1)};
      const __m128i lengths[2] = {_mm256_castsi256_si128(text[1]), _mm256_extracti128_si256(text[1], 1)};
      store_low(out, starts[0]);
      store_low(out + end_of(0), lengths[0]);
      store_high(out + end_of(1), starts[0]);
      store_high(out + end_of(2), lengths[0]);
      store_low(out + end_of(3), starts[1]);
      store_low(out + end_of(4), lengths[1]);
      store_high(out + end_of(5), starts[1]);
      store_high(out + end_of(6), lengths[1]);
      out += end_of(static_cast<unsigned>(2 * count - 1));
    }
    run += count;
    left -= count;
  }
  return out;
}

}  // namespace shipedge::simd::avx2

#endif
