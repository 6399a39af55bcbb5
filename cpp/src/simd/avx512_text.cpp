#include "avx512.hpp"

#ifdef SHIPEDGE_HAS_AVX512

#include <algorithm>
#include <bit>

#include "portable.hpp"

namespace shipedge::simd::avx512 {

static constexpr std::size_t kChunk = 1024;  // bytes of text whose numbers are located before they are read

/// Where the numbers of a chunk of text stop: offsets of the byte behind each. Ends early at anything but digits and
/// single spaces. `stops` has room for kChunk / 2 + 32 offsets.
SHIPEDGE_AVX512 static std::size_t locate_stops(const char* text, std::size_t size, bool to_the_end,
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

/// Four numbers, two runs, of up to ten digits: images of ten million pixels and more. `lengths` has the digits of
/// each. Returns how many runs it wrote: two, one where `count` says so, none where one of them needs a closer look.
SHIPEDGE_AVX512 static unsigned read_long_runs(__m512i text, __m128i lengths, unsigned count, std::uint64_t floor,
                                               std::uint64_t limit, Run* out) noexcept {
  if ((_mm_cmpge_epu16_mask(_mm_sub_epi16(lengths, _mm_set1_epi16(1)), _mm_set1_epi16(10)) & low_bits(count)) != 0) {
    return 0;
  }
  // As for short numbers, in fields of sixteen bytes.
  const auto fields = static_cast<std::uint64_t>(
      _mm_cvtsi128_si64(_mm_sllv_epi16(_mm_set1_epi16(-1), _mm_sub_epi16(_mm_set1_epi16(15), lengths))));
  const __m512i value = _mm512_and_si512(_mm512_maskz_expand_epi8(fields & low_bits(std::size_t{16} * count), text),
                                         _mm512_set1_epi8(0x0f));
  const __m512i tens = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0001010a010a010aLL, 0x010a010a010a010aLL));
  const __m512i hundreds = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0001000a00010064LL, 0x0001006400010064LL));
  alignas(64) std::uint32_t quads[16];  // of each number the digits 10^11.., 10^7.., 10^3.., 10^0..
  _mm512_store_si512(quads, _mm512_madd_epi16(_mm512_maddubs_epi16(value, tens), hundreds));
  for (unsigned i = 0; i < count / 2; ++i) {
    const std::uint32_t* const q = quads + 8 * i;
    const std::uint64_t start = q[1] * std::uint64_t{10000000} + q[2] * std::uint64_t{1000} + q[3];
    const std::uint64_t length = q[5] * std::uint64_t{10000000} + q[6] * std::uint64_t{1000} + q[7];
    if (start <= floor || length == 0 || start + length > limit) return i;
    out[i] = {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)};
    floor = start + length;
  }
  return count / 2;
}

/// Eight numbers, four runs, at a time. A number of at most seven digits and the space behind it are moved to the end
/// of a field of eight bytes, so that all fields can be multiplied by powers of ten side by side.
class RunReader {
 public:
  SHIPEDGE_AVX512 RunReader(const TextCursor& cursor, Run* out) noexcept
      : cursor_(cursor),
        first_(out),
        out_(out),
        // The first run may start at 1; one behind others must leave a gap, or it would have to be joined.
        start_floor_(cursor.next == 1 ? 0 : cursor.next),
        limit_(_mm256_set1_epi32(static_cast<int>(std::min<std::uint64_t>(cursor.limit, 0xffffffffU)))),
        ends_(_mm256_set1_epi32(static_cast<int>(start_floor_))) {}

  /// The runs of `count` numbers, at most eight, that stop at stops[0], stops[1], ...; stops[-1] is one before the
  /// first. Returns how many numbers were read. kWhole: `count` is eight and 64 bytes of text are there.
  template <bool kWhole>
  SHIPEDGE_AVX512 unsigned read(const char* text, const std::uint16_t* stops, unsigned count) noexcept {
    // Entry n: the last n + 1 of a field's eight bytes.
    const __m128i field_of = _mm_set_epi64x(0, static_cast<long long>(0xfffefcf8f0e0c080ULL));
    const __m512i tens = _mm512_set1_epi64(0x0001010a010a010aLL);      // bytes 10 1, 10 1, 10 1, 1 0
    const __m512i hundreds = _mm512_set1_epi64(0x0001000a00010064LL);  // words 100 1, 10 1
    const __m256i thousands = _mm256_set1_epi32(0x000103e8);           // words 1000 1
    const unsigned lanes = kWhole ? 0xffU : static_cast<unsigned>(low_bits(count));
    const __m128i before = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stops - 1));
    const __m128i after = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stops));
    const __m128i digits = _mm_sub_epi16(_mm_sub_epi16(after, before), _mm_set1_epi16(1));
    const char* const at = text + static_cast<std::uint16_t>(stops[-1] + 1);
    const __m512i numerals = kWhole ? _mm512_loadu_si512(at)
                                    : _mm512_maskz_loadu_epi8(low_bits(static_cast<std::size_t>(cursor_.end - at)), at);
    if ((_mm_cmpgt_epu16_mask(digits, _mm_set1_epi16(7)) & lanes) != 0) return read_long(numerals, digits, count);
    const __m128i fields_of_bytes = _mm_shuffle_epi8(field_of, _mm_cvtepi16_epi8(digits));
    auto fields = static_cast<std::uint64_t>(_mm_cvtsi128_si64(fields_of_bytes));
    if constexpr (!kWhole) fields &= low_bits(std::size_t{8} * count);
    const __m512i value = _mm512_and_si512(_mm512_maskz_expand_epi8(fields, numerals), _mm512_set1_epi8(0x0f));
    const __m512i quads = _mm512_madd_epi16(_mm512_maddubs_epi16(value, tens), hundreds);
    const __m256i numbers = _mm256_madd_epi16(_mm512_cvtepi32_epi16(quads), thousands);
    const __m256i run_ends = _mm256_add_epi32(numbers, _mm256_shuffle_epi32(numbers, 0xb1));
    // A start lies behind the end of the run before it, a length is over 0 (no number has no digits: spaces stand
    // alone), an end inside the mask.
    const __m256i floors = _mm256_maskz_alignr_epi32(0x55, run_ends, ends_, 6);
    const unsigned wrong =
        static_cast<unsigned>(_mm256_cmple_epu32_mask(numbers, floors)) | _mm256_cmpgt_epu32_mask(run_ends, limit_);
    if ((wrong & lanes) != 0) return 0;
    const __m256i runs = _mm256_sub_epi32(numbers, _mm256_set1_epi64x(1));  // starts count from 0
    if constexpr (kWhole) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out_), runs);
    } else {
      _mm256_mask_storeu_epi32(out_, static_cast<__mmask8>(lanes), runs);
    }
    out_ += count / 2;
    ends_ = run_ends;
    return count;
  }

  [[nodiscard]] std::size_t found() const noexcept { return static_cast<std::size_t>(out_ - first_); }

  /// The first position behind the last run; `start` if there is none.
  [[nodiscard]] std::uint64_t next(std::uint64_t start) const noexcept {
    return out_ == first_ ? start : std::uint64_t{out_[-1].end()} + 1;
  }

 private:
  SHIPEDGE_AVX512 unsigned read_long(__m512i numerals, __m128i digits, unsigned count) noexcept {
    const unsigned found =
        read_long_runs(numerals, digits, std::min(4U, count), next(start_floor_), cursor_.limit, out_);
    out_ += found;
    if (found != 0) ends_ = _mm256_set1_epi32(static_cast<int>(next(0)));
    return 2 * found;
  }

  const TextCursor& cursor_;
  Run* const first_;
  Run* out_;
  std::uint64_t start_floor_;
  __m256i limit_;
  __m256i ends_;  // of the runs read last, the last of them in the last lane
};

SHIPEDGE_AVX512 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  std::uint16_t room[1 + kChunk / 2 + 32];
  room[0] = 0xffff;  // the first number starts one behind offset -1
  const std::uint16_t* const stops = room + 1;
  RunReader reader(cursor, out);
  for (bool more = true; more;) {
    const char* const text = cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - text);
    const bool is_last = left <= kChunk;
    const std::size_t located = locate_stops(text, std::min(left, kChunk), is_last, room + 1);
    std::size_t done = 0;
    unsigned read = 1;
    const auto start_of = [&](std::size_t number) { return static_cast<std::uint16_t>(room[number] + 1); };
    while (read != 0 && done + 8 <= located && start_of(done) + std::size_t{64} <= left) {
      done += read = reader.read<true>(text, stops + done, 8);
    }
    // The last numbers of the text; those of a chunk before it are left to the next one, which begins with them.
    while (is_last && read != 0 && done + 2 <= located) {
      const auto count = static_cast<unsigned>(std::min<std::size_t>(8, located - done)) & ~1U;
      done += read = reader.read<false>(text, stops + done, count);
    }
    if (done != 0) cursor.at = std::min(text + start_of(done), cursor.end);
    more = !is_last && read != 0 && done != 0;
  }
  cursor.next = reader.next(cursor.next);
  return reader.found();
}

/// The same value, but not known to the compiler, which takes multiplications by constants apart into slower shifts.
SHIPEDGE_AVX512 static inline __m512i opaque(__m512i value) noexcept {
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
      out = portable::write_runs({run, count}, out);  // an image of ten million pixels and more
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

}  // namespace shipedge::simd::avx512

#endif
