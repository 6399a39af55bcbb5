#include "sse2.hpp"

#ifdef SHIPEDGE_HAS_SSE2

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace shipedge::simd::sse2 {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kChunk = 1024;  // bytes of text whose numbers are located before they are read
constexpr std::size_t kGroup = 4;     // numbers that are read at once
constexpr unsigned kMostDigits = 7;   // of such a number
constexpr unsigned kMostLong = 16;    // of one that is read by itself

__m128i load(const char* from) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }

std::uint64_t mask_of(__m128i bytes) noexcept { return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)); }

/// Where the numbers of a chunk of text stop: offsets of the byte behind each. Ends early at anything but digits and
/// spaces. `stops` has room for kChunk + 1 offsets.
std::size_t locate_stops(const char* text, std::size_t size, bool to_the_end, std::uint32_t* stops) noexcept {
  const __m128i space = _mm_set1_epi8(' ');
  const __m128i zero = _mm_set1_epi8('0');
  const __m128i nine = _mm_set1_epi8(9);
  std::uint32_t* stop = stops;
  for (std::size_t at = 0; at < size; at += kBlock) {
    char last[kBlock];
    const char* block = text + at;
    if (size - at < kBlock) {
      std::memset(last, '0', kBlock);
      std::memcpy(last, block, size - at);
      block = last;
    }
    std::uint64_t spaces = 0;
    std::uint64_t plain = 0;
    for (unsigned part = 0; part < kBlock / 16; ++part) {
      const __m128i bytes = load(block + 16 * part);
      const __m128i less_zero = _mm_sub_epi8(bytes, zero);
      const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(less_zero, nine), less_zero);
      const __m128i is_space = _mm_cmpeq_epi8(bytes, space);
      spaces |= mask_of(is_space) << (16 * part);
      plain |= mask_of(_mm_or_si128(is_digit, is_space)) << (16 * part);
    }
    const std::uint64_t other = ~plain;
    if (other != 0) spaces &= other ^ (other - 1);
    for (; spaces != 0; spaces &= spaces - 1) {
      *stop++ = static_cast<std::uint32_t>(at + static_cast<unsigned>(std::countr_zero(spaces)));
    }
    if (other != 0) return static_cast<std::size_t>(stop - stops);
  }
  if (to_the_end && text[size - 1] != ' ') *stop++ = static_cast<std::uint32_t>(size);
  return static_cast<std::size_t>(stop - stops);
}

/// Entry n keeps the values of the last n of eight digits.
constexpr auto kLastDigits = [] {
  std::array<std::uint64_t, 9> table{};
  for (unsigned n = 1; n < 9; ++n) table[n] = 0x0f0f0f0f0f0f0f0fULL << (64 - 8 * n);
  return table;
}();

/// The number of so many digits that stops there, in one half of a register; the bytes before it are readable.
__m128i two_numbers(const char* stop, unsigned digits, const char* stop2, unsigned digits2) noexcept {
  const auto both = [](const void* low, const void* high) {
    return _mm_unpacklo_epi64(_mm_loadl_epi64(static_cast<const __m128i*>(low)),
                              _mm_loadl_epi64(static_cast<const __m128i*>(high)));
  };
  const __m128i text = both(stop - 8, stop2 - 8);
  const __m128i kept = both(&kLastDigits[digits], &kLastDigits[digits2]);
  const __m128i values = _mm_and_si128(text, kept);
  const __m128i tens = _mm_srli_epi16(_mm_mullo_epi16(values, _mm_set1_epi16(10 * 256 + 1)), 8);
  return _mm_madd_epi16(tens, _mm_set1_epi32(1 << 16 | 100));
}

/// The same for one of up to sixteen digits.
std::uint64_t long_number(const char* stop, unsigned digits) noexcept {
  const auto eight = [](const char* end, unsigned count) {
    std::uint64_t word = 0;
    std::memcpy(&word, end - 8, sizeof word);
    word &= kLastDigits[count];
    word = word * 10 + (word >> 8);
    return (((word & 0x000000ff000000ffULL) * 0x000f424000000064ULL) +
            (((word >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL)) >>
           32;
  };
  const std::uint64_t low = eight(stop, std::min(digits, 8U));
  return digits <= 8 ? low : low + 100000000 * eight(stop - 8, digits - 8);
}

/// Reads numbers from the places where they stop.
class RunReader {
 public:
  RunReader(const TextCursor& cursor, Run* out) noexcept
      : first_(out),
        out_(out),
        limit_(cursor.limit),
        // The first run may start at 1; one behind others must leave a gap, or it would have to be joined.
        floor_(cursor.next == 1 ? 0 : cursor.next) {}

  /// The runs of `count` numbers that stop at stops[0], stops[1], ...; stops[-1] is one before the first. 16 bytes
  /// before `text` are readable. Returns how many numbers were read.
  std::size_t read(const char* text, const std::uint32_t* stops, std::size_t count) noexcept {
    std::size_t done = 0;
    while (count - done >= 2) {
      done += read_short(text, stops + done, count - done);
      if (count - done < 2 || !read_long(text, stops + done)) break;
      done += 2;
    }
    return done;
  }

  [[nodiscard]] std::size_t found() const noexcept { return static_cast<std::size_t>(out_ - first_); }

  /// The first position behind the last run; `start` if there is none.
  [[nodiscard]] std::uint64_t next(std::uint64_t start) const noexcept { return out_ == first_ ? start : floor_; }

 private:
  /// Four numbers, two runs, at a time, as long as they are short and sound.
  std::size_t read_short(const char* text, const std::uint32_t* stops, std::size_t count) noexcept {
    constexpr std::uint64_t kLargest = 1U << 30;  // no sum of two short numbers comes near
    const __m128i limit = _mm_set1_epi32(static_cast<int>(std::min(limit_, kLargest)));
    const __m128i starts = _mm_set_epi32(0, -1, 0, -1);
    __m128i ends = _mm_set1_epi32(static_cast<int>(std::min(floor_, kLargest)));
    std::size_t done = 0;
    for (; count - done >= kGroup; done += kGroup, stops += kGroup, out_ += 2) {
      const unsigned digits[kGroup] = {digits_of(stops), digits_of(stops + 1), digits_of(stops + 2),
                                       digits_of(stops + 3)};
      if ((digits[0] | digits[1] | digits[2] | digits[3]) > kMostDigits) break;
      const __m128i first = two_numbers(text + stops[0], digits[0], text + stops[1], digits[1]);
      const __m128i second = two_numbers(text + stops[2], digits[2], text + stops[3], digits[3]);
      const __m128i numbers = _mm_madd_epi16(_mm_packs_epi32(first, second), _mm_set1_epi32(1 << 16 | 10000));
      const __m128i run_ends = _mm_add_epi32(numbers, _mm_shuffle_epi32(numbers, _MM_SHUFFLE(2, 3, 0, 1)));
      // A start lies behind the end of the run before it, a length is over 0 (a number without digits is 0), an end
      // inside the mask.
      const __m128i before =
          _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(ends), _mm_castsi128_ps(run_ends), _MM_SHUFFLE(0, 0, 3, 3)));
      const __m128i sound =
          _mm_andnot_si128(_mm_cmpgt_epi32(run_ends, limit), _mm_cmpgt_epi32(numbers, _mm_and_si128(before, starts)));
      if (mask_of(sound) != 0xffff) break;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out_), _mm_add_epi32(numbers, starts));  // starts count from 0
      ends = run_ends;
    }
    if (done != 0) floor_ = std::uint64_t{out_[-1].end()} + 1;
    return done;
  }

  bool read_long(const char* text, const std::uint32_t* stops) noexcept {
    const unsigned digits = digits_of(stops);
    const unsigned digits2 = digits_of(stops + 1);
    if (digits - 1 >= kMostLong || digits2 - 1 >= kMostLong) return false;
    const std::uint64_t start = long_number(text + stops[0], digits);
    const std::uint64_t length = long_number(text + stops[1], digits2);
    if (start <= floor_ || length == 0 || start > limit_ || length > limit_ - start) return false;
    *out_++ = {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)};
    floor_ = start + length;
    return true;
  }

  static unsigned digits_of(const std::uint32_t* stop) noexcept { return stop[0] - stop[-1] - 1; }

  Run* const first_;
  Run* out_;
  const std::uint64_t limit_;
  std::uint64_t floor_;
};

}  // namespace

std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  constexpr std::size_t kBefore = kMostLong;  // bytes before a number that may be looked at
  std::uint32_t room[1 + kChunk + 1];
  room[0] = ~std::uint32_t{0};  // the first number starts one behind offset -1
  const std::uint32_t* const stops = room + 1;
  const char* const begin = cursor.at;
  RunReader reader(cursor, out);
  for (bool more = cursor.at != cursor.end; more;) {
    const char* const text = cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - text);
    const bool is_last = left <= kChunk;
    const std::size_t located = locate_stops(text, std::min(left, kChunk), is_last, room + 1);
    std::size_t done = 0;
    const auto start = [&] { return stops[-1 + static_cast<std::ptrdiff_t>(done)] + 1; };
    if (static_cast<std::size_t>(text - begin) < kBefore) {
      // Nothing is known of the bytes before the first numbers: they are read from a copy.
      char copy[kBefore + kBlock] = {};
      std::memcpy(copy + kBefore, text, std::min(left, kBlock));
      std::size_t count = std::min<std::size_t>(located, kBefore / 2);
      while (count != 0 && stops[count - 1] > kBlock) --count;
      done = reader.read(copy + kBefore, stops, count);
    }
    if (static_cast<std::size_t>(text - begin) + start() >= kBefore) {
      done += reader.read(text, stops + done, located - done);
    }
    if (done != 0) cursor.at = std::min(text + start(), cursor.end);
    more = !is_last && done != 0;
  }
  cursor.next = reader.next(cursor.next);
  return reader.found();
}

}  // namespace shipedge::simd::sse2

#endif
