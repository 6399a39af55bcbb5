#include "avx2.hpp"

#ifdef SHIPEDGE_HAS_AVX2

#include "read_four.hpp"
#include "sse2.hpp"

namespace shipedge::simd::avx2 {
namespace {

SHIPEDGE_AVX2 inline __m128i half(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

/// The digits of the run at `at`, in fields of eight bytes; moves `at` behind it.
SHIPEDGE_AVX2 inline __m128i next_run(const char* text, const std::uint64_t* spaces, std::size_t& at) noexcept {
  const RunSpaces run(spaces, at);
  const __m128i window = half(text + at);
  at += run.second + 1;
  return _mm_shuffle_epi8(window, half(run.fields()));
}

struct Four {
  SHIPEDGE_AVX2 static bool find_spaces(const char* text, std::uint64_t& bits) noexcept {
    __m256i is_space[2];
    __m256i is_plain[2];
    for (unsigned part = 0; part < 2; ++part) {
      const __m256i bytes = load(text + 32 * part);
      const __m256i less_zero = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
      const __m256i is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(less_zero, _mm256_set1_epi8(9)), less_zero);
      is_space[part] = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(' '));
      is_plain[part] = _mm256_or_si256(is_space[part], is_digit);
    }
    bits = mask_of(is_space[0], is_space[1]);
    return _mm256_movemask_epi8(_mm256_and_si256(is_plain[0], is_plain[1])) == -1;
  }

  SHIPEDGE_AVX2 static unsigned find_bit(std::uint64_t bits, std::size_t number) noexcept {
    return static_cast<unsigned>(std::countr_zero(_pdep_u64(std::uint64_t{1} << number, bits)));
  }

  SHIPEDGE_AVX2 static bool read_four(const char* text, const std::uint64_t* spaces, const std::size_t (&begins)[4],
                                      std::size_t count, std::uint32_t floor, Run* const out) noexcept {
    const __m256i low_half = _mm256_set1_epi8(0x0f);
    const __m256i starts = _mm256_set1_epi64x(0xffffffff);
    const __m256i ten = _mm256_set1_epi16(1 << 8 | 10);
    const __m256i hundred = _mm256_set1_epi16(1 << 8 | 100);
    const __m256i ten_thousand = _mm256_set1_epi32(1 << 16 | 10000);
    std::size_t at0 = begins[0];
    std::size_t at1 = begins[1];
    std::size_t at2 = begins[2];
    std::size_t at3 = begins[3];
    __m256i ends = _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(floor)));
    for (std::size_t i = 0; i < count; ++i) {
      const __m128i run0 = next_run(text, spaces, at0);
      const __m128i run1 = next_run(text, spaces, at1);
      const __m128i run2 = next_run(text, spaces, at2);
      const __m128i run3 = next_run(text, spaces, at3);
      const __m256i values01 = _mm256_and_si256(_mm256_set_m128i(run1, run0), low_half);
      const __m256i values23 = _mm256_and_si256(_mm256_set_m128i(run3, run2), low_half);
      const __m256i twos =
          _mm256_packus_epi16(_mm256_maddubs_epi16(values01, ten), _mm256_maddubs_epi16(values23, ten));
      const __m256i numbers = _mm256_madd_epi16(_mm256_maddubs_epi16(twos, hundred), ten_thousand);  // of runs 0 2 1 3
      // A start lies behind the end of the run before it, a length is over 0.
      const __m256i sound = _mm256_cmpgt_epi32(numbers, _mm256_and_si256(ends, starts));
      if (_mm256_movemask_ps(_mm256_castsi256_ps(sound)) != 0xff) return false;
      ends = _mm256_add_epi32(numbers, _mm256_shuffle_epi32(numbers, 0xb1));
      const __m256i runs = _mm256_add_epi32(numbers, starts);  // starts count from 0
      const __m128i runs02 = _mm256_castsi256_si128(runs);
      const __m128i runs13 = _mm256_extracti128_si256(runs, 1);
      auto* const to = reinterpret_cast<double*>(out + i);
      _mm_storel_pd(to, _mm_castsi128_pd(runs02));
      _mm_storel_pd(to + count, _mm_castsi128_pd(runs13));
      _mm_storeh_pd(to + 2 * count, _mm_castsi128_pd(runs02));
      _mm_storeh_pd(to + 3 * count, _mm_castsi128_pd(runs13));
    }
    return true;
  }

  static std::size_t read_others(TextCursor& cursor, Run* out) noexcept { return sse2::read_runs(cursor, out); }
};

}  // namespace

SHIPEDGE_AVX2 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  return read_runs_in_four<Four>(cursor, out);
}

}  // namespace shipedge::simd::avx2

#endif
