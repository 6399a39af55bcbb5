#include "avx2.hpp"

#ifdef SHIPEDGE_HAS_AVX2

#include <algorithm>
#include <bit>
#include <utility>

#include "portable.hpp"
#include "read_by_stops.hpp"
#include "sse2.hpp"

namespace shipedge::simd::avx2 {
namespace {

/// Four runs at a time, in the lanes of two registers.
class RunReader {
 public:
  SHIPEDGE_AVX2 explicit RunReader(const TextCursor& cursor) noexcept
      // The first run may start at 1; one behind others must leave a gap, or it would have to be joined.
      : ends_(_mm256_set1_epi32(static_cast<int>(cursor.next == 1 ? 0 : std::min(cursor.next, kLargest)))),
        limit_(_mm256_set1_epi32(static_cast<int>(std::min(cursor.limit, kLargest)))) {}

  SHIPEDGE_AVX2 static std::pair<std::uint16_t*, bool> locate_stops(const char* text, std::size_t size,
                                                                    std::uint16_t* stops) noexcept {
    const __m256i space = _mm256_set1_epi8(' ');
    const __m256i zero = _mm256_set1_epi8('0');
    const __m256i nine = _mm256_set1_epi8(9);
    for (std::size_t at = 0; at < size; at += 64) {
      char last[64];
      const char* block = text + at;
      if (size - at < 64) {
        store(last, zero);
        store(last + 32, zero);
        std::memcpy(last, block, size - at);
        block = last;
      }
      __m256i is_space[2];
      __m256i is_plain[2];
      for (unsigned part = 0; part < 2; ++part) {
        const __m256i bytes = load(block + 32 * part);
        const __m256i less_zero = _mm256_sub_epi8(bytes, zero);
        is_space[part] = _mm256_cmpeq_epi8(bytes, space);
        is_plain[part] =
            _mm256_or_si256(is_space[part], _mm256_cmpeq_epi8(_mm256_min_epu8(less_zero, nine), less_zero));
      }
      std::uint64_t spaces = mask_of(is_space[0], is_space[1]);
      const std::uint64_t other = ~mask_of(is_plain[0], is_plain[1]);
      if (other != 0) spaces &= other ^ (other - 1);
      stops = list_eight_at_once(spaces, static_cast<std::uint32_t>(at), stops);
      if (other != 0) return {stops, false};
    }
    return {stops, true};
  }

  SHIPEDGE_AVX2 bool read(const char* text, const std::uint16_t* stops, unsigned count, Run* out) noexcept {
    const __m128i before = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stops - 1));
    const __m128i after = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stops));
    const __m128i digits = _mm_sub_epi16(_mm_sub_epi16(after, before), _mm_set1_epi16(1));
    const __m128i too_many = _mm_subs_epu16(digits, _mm_set1_epi16(kMostDigits));
    if (_mm_testz_si128(too_many, too_many) == 0) {
      is_long_ = true;
      return false;
    }
    // Where a run's table is: 16 bytes for each of 8 a + b.
    const __m128i tables = _mm_madd_epi16(digits, _mm_set1_epi32(16 << 16 | 128));
    const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(tables));
    const auto high = static_cast<std::uint64_t>(_mm_extract_epi64(tables, 1));
    const char* const first = text + static_cast<std::uint16_t>(stops[-1] + 1);
    const __m256i even = fields(first, low & 0xffffffff, text + stops[3] + 1, high & 0xffffffff);
    const __m256i odd = fields(text + stops[1] + 1, low >> 32, text + stops[5] + 1, high >> 32);
    const __m256i numbers = _mm256_madd_epi16(_mm256_packus_epi32(even, odd), _mm256_set1_epi32(1 << 16 | 10000));
    const __m256i run_ends = _mm256_add_epi32(numbers, _mm256_shuffle_epi32(numbers, 0xb1));
    // A start lies behind the end of the run before it, a length is over 0 (no number has no digits: spaces stand
    // alone), an end inside the mask.
    const __m256i moved = _mm256_permutevar8x32_epi32(run_ends, _mm256_set_epi32(5, 5, 3, 3, 1, 1, 7, 7));
    const __m256i starts = _mm256_set1_epi64x(0xffffffff);
    const __m256i floors = _mm256_and_si256(_mm256_blend_epi32(moved, ends_, 0x03), starts);
    const __m256i sound = _mm256_andnot_si256(_mm256_cmpgt_epi32(run_ends, limit_), _mm256_cmpgt_epi32(numbers, floors));
    const auto wrong = ~static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(sound)));
    if ((wrong & ((1U << count) - 1)) != 0) return false;
    store(out, _mm256_add_epi32(numbers, starts));  // starts count from 0
    ends_ = moved;
    return true;
  }

  /// Whether a number has more digits than are read here.
  [[nodiscard]] bool is_long() const noexcept { return is_long_; }

 private:
  static constexpr std::uint64_t kLargest = 1U << 30;  // no sum of two numbers comes near

  SHIPEDGE_AVX2 static __m256i both(const char* low, const char* high) noexcept {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
                                   _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
  }

  /// Of two runs: values of four digits of each number, the first two in a field of eight bytes.
  SHIPEDGE_AVX2 static __m256i fields(const char* a, std::uint64_t table_a, const char* b,
                                      std::uint64_t table_b) noexcept {
    const auto* const tables = reinterpret_cast<const char*>(kFieldsOfRun.data());
    const __m256i moved = _mm256_shuffle_epi8(both(a, b), both(tables + table_a, tables + table_b));
    const __m256i values = _mm256_and_si256(moved, _mm256_set1_epi8(0x0f));
    const __m256i tens = _mm256_maddubs_epi16(values, _mm256_set1_epi16(1 << 8 | 10));
    return _mm256_madd_epi16(tens, _mm256_set1_epi32(1 << 16 | 100));
  }

  __m256i ends_;  // the first position behind the last run, in the first lane
  __m256i limit_;
  bool is_long_ = false;
};

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

SHIPEDGE_AVX2 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  RunReader reader(cursor);
  const std::size_t found = read_runs_by_stops(reader, cursor, out);
  return reader.is_long() ? found + sse2::read_runs(cursor, out + found) : found;
}

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
    const __m256i numbers = _mm256_sub_epi32(load(from), starts_of);  // starts count from 1
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
      const __m256i sizes = _mm256_sub_epi64(
          _mm256_set1_epi64x(0x0808), _mm256_or_si256(leading[0], _mm256_slli_epi64(leading[1], 8)));
      const __m256i pairs = _mm256_shuffle_epi8(
          sizes, _mm256_set_epi64x(-1, static_cast<long long>(0x09080100ffffffffULL), -1,
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
