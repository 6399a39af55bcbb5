#include "portable.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace shipedge::simd::portable {

static std::uint64_t load(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// Eight characters with '0' taken away: digits become 0..9.
static std::uint64_t less_zero(std::uint64_t word) noexcept { return word ^ 0x3030303030303030ULL; }

/// The highest bit of each byte that is no digit.
static std::uint64_t non_digits(std::uint64_t word) noexcept {
  return ((word + 0x7676767676767676ULL) | word) & 0x8080808080808080ULL;
}

/// Index of the lowest byte with a bit set; 8 if there is none.
static unsigned first_byte(std::uint64_t bits) noexcept { return static_cast<unsigned>(std::countr_zero(bits)) / 8; }

/// The number that the first `count` (1..7) of eight digits spell.
static std::uint64_t digits_value(std::uint64_t word, unsigned count) noexcept {
  word <<= 64 - 8 * count;  // leading zeros
  word = word * 10 + (word >> 8);
  return (((word & 0x000000ff000000ffULL) * 0x000f424000000064ULL) +
          (((word >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL)) >>
         32;
}

/// Eight decimal digits of a number below 10^8, the first one in the lowest byte.
static std::uint64_t eight_digits(std::uint32_t value) noexcept {
  // Split by 10^4, 10^2 and 10 in parallel lanes; the divisions are multiplications by reciprocals.
  const std::uint64_t fours = value / 10000 | std::uint64_t{value % 10000} << 32;
  const std::uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007fULL;
  const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
  const std::uint64_t tens = ((twos * 103) >> 10) & 0x000f000f000f000fULL;
  return tens | (twos - tens * 10) << 8;
}

/// A run is at most sixteen characters if its numbers have at most seven digits: both are found in two words, without
/// waiting for the first to be read.
std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  if constexpr (std::endian::native != std::endian::little) return 0;
  Run* const first = out;
  const char* at = cursor.at;
  std::uint64_t floor = cursor.next == 1 ? 0 : cursor.next;  // a run that touches the last one is not ours to join
  while (cursor.end - at >= 16) {
    const std::uint64_t word = less_zero(load(at));
    const std::uint64_t stops = non_digits(word);
    const std::uint64_t later = stops & (stops - 1);  // without the first
    const unsigned digits = first_byte(stops);
    const unsigned behind = later != 0 ? first_byte(later) : 8 + first_byte(non_digits(less_zero(load(at + 8))));
    const unsigned digits2 = behind - digits - 1;
    if (digits - 1 >= 7 || digits2 - 1 >= 7 || at[digits] != ' ' || behind > 15 || at[behind] != ' ') break;
    const std::uint64_t start = digits_value(word, digits);
    const std::uint64_t length = digits_value(less_zero(load(at + digits + 1)), digits2);
    if (start <= floor || length == 0 || start + length > cursor.limit) break;
    *out++ = {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)};
    floor = start + length;
    at += behind + 1;
  }
  if (out != first) cursor.next = floor;
  cursor.at = at;
  return static_cast<std::size_t>(out - first);
}

constexpr std::uint64_t kZeros = 0x3030303030303030ULL;

/// Three digits and a space.
constexpr auto kPadded = [] {
  std::array<std::array<char, 4>, 1000> table{};
  for (unsigned value = 0; value < 1000; ++value) {
    table[value] = {static_cast<char>('0' + value / 100), static_cast<char>('0' + value / 10 % 10),
                    static_cast<char>('0' + value % 10), ' '};
  }
  return table;
}();

constinit const std::array<Short, 1000> kShorts = [] {
  std::array<Short, 1000> table{};
  for (unsigned value = 0; value < 1000; ++value) {
    const unsigned zeros = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    for (unsigned i = zeros; i < 4; ++i) table[value].text[i - zeros] = kPadded[value][i];
    table[value].size = 4 - zeros;
  }
  return table;
}();

/// Writes numbers and a space behind each. Starts mostly share all but their last three digits with the
/// start before them, so those are kept.
class Writer {
 public:
  explicit Writer(char* out) noexcept : at_(out) {}

  /// May touch up to nine bytes behind what it writes, as the next number will.
  void number(std::uint32_t value) noexcept {
    const std::uint32_t thousands = value / 1000;
    if (thousands == 0) {
      const Short& low = kShorts[value];
      std::memcpy(at_, low.text, 4);
      at_ += low.size;
      return;
    }
    if (thousands != thousands_) set_thousands(thousands);
    std::memcpy(at_, prefix_, 8);
    std::memcpy(at_ + prefix_size_, kPadded[value % 1000].data(), 4);
    at_ += prefix_size_ + 4;
  }

  [[nodiscard]] char* at() const noexcept { return at_; }

 private:
  void set_thousands(std::uint32_t thousands) noexcept {
    thousands_ = thousands;
    const std::uint64_t digits = eight_digits(thousands);
    const auto zeros = static_cast<std::uint32_t>(std::countr_zero(digits | std::uint64_t{1} << 56)) / 8;
    const std::uint64_t text = (digits | kZeros) >> (8 * zeros);
    for (unsigned i = 0; i < 8; ++i) prefix_[i] = static_cast<char>(text >> (8 * i) & 0xff);
    prefix_size_ = 8 - zeros;
  }

  char* at_;
  std::uint32_t thousands_ = 0;
  std::uint32_t prefix_size_ = 0;
  char prefix_[8] = {};
};

char* write_runs(Runs runs, char* out) noexcept {
  Writer writer(out);
  for (const Run& run : runs) {
    writer.number(run.start + 1);
    writer.number(run.length);
  }
  return writer.at();
}

}  // namespace shipedge::simd::portable
