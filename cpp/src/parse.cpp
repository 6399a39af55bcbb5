#include <bit>
#include <cstring>
#include <string>

#include "shipedge/error.hpp"
#include "shipedge/text.hpp"

namespace shipedge {
namespace {

constexpr std::uint64_t kNone = ~std::uint64_t{0};       // no number here
constexpr std::uint64_t kHuge = std::uint64_t{1} << 40;  // stands for every number that is too large

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A text being read: knows how far it is, so that complaints can say where.
struct Cursor {
  const char* begin;
  const char* at;
  const char* end;
  Shape shape;

  [[noreturn]] void complain_character() const {
    const auto code = static_cast<unsigned char>(*at);
    constexpr char kHex[] = "0123456789abcdef";
    const std::string shown = code >= 0x20 && code < 0x7f ? std::string("'") + *at + "'"
                                                          : std::string("byte 0x") + kHex[code >> 4] + kHex[code & 15];
    throw FormatError("character " + std::to_string(at - begin + 1) + " is " + shown + ", expected a digit or a space");
  }

  /// The next number, kHuge if it is out of any range, kNone at the end of the text.
  std::uint64_t number() {
    while (at != end && is_space(*at)) ++at;
    if (at == end) return kNone;
    if (!is_digit(*at)) complain_character();
    std::uint64_t value = 0;
    while (at != end && is_digit(*at)) {
      value = value * 10 + static_cast<std::uint64_t>(*at - '0');
      if (value > kHuge) value = kHuge;
      ++at;
    }
    if (at != end && !is_space(*at)) complain_character();
    return value;
  }
};

std::string shown_number(std::uint64_t value) {
  return value >= kHuge ? "a number over 1099511627775" : std::to_string(value);
}

/// Reads one run with every check; false at the end of the text. `next` is the first allowed start.
bool read_run(Cursor& cursor, std::size_t index, std::uint64_t next, Run& run) {
  const std::uint64_t start = cursor.number();
  if (start == kNone) return false;
  const std::uint64_t length = cursor.number();
  const std::string name = "run " + std::to_string(index + 1);
  const std::uint64_t pixels = cursor.shape.pixels();
  const auto mask = [&] {
    return "the " + std::to_string(pixels) + " pixels of a mask of shape (" + std::to_string(cursor.shape.height) +
           ", " + std::to_string(cursor.shape.width) + ")";
  };
  if (length == kNone) {
    throw FormatError(name + " has a start (" + shown_number(start) +
                      ") but no length, expected an even number of numbers");
  }
  if (start == 0) throw FormatError(name + " starts at 0, expected 1 or later (pixels count from 1)");
  if (start < next) {
    throw FormatError(name + " starts at " + shown_number(start) + ", expected " + std::to_string(next) + " or later");
  }
  if (length == 0) throw FormatError(name + " has length 0, expected 1 or more");
  if (start > pixels) throw FormatError(name + " starts at " + shown_number(start) + ", expected it inside " + mask());
  if (length > pixels + 1 - start) {
    throw FormatError(name + " (start " + std::to_string(start) + ", length " + shown_number(length) +
                      ") ends outside the mask, expected it inside " + mask());
  }
  run = {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)};
  return true;
}

std::uint64_t load(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// Eight characters with '0' taken away: digits become 0..9.
std::uint64_t less_zero(std::uint64_t word) noexcept { return word ^ 0x3030303030303030ULL; }

/// How many of the eight characters, from the first, are digits.
unsigned digit_count(std::uint64_t word) noexcept {
  const std::uint64_t other = ((word + 0x7676767676767676ULL) | word) & 0x8080808080808080ULL;
  return static_cast<unsigned>(std::countr_zero(other)) / 8;
}

/// The number that the first `count` (1..7) of eight digits spell.
std::uint64_t digits_value(std::uint64_t word, unsigned count) noexcept {
  word <<= 64 - 8 * count;  // leading zeros
  word = word * 10 + (word >> 8);
  return (((word & 0x000000ff000000ffULL) * 0x000f424000000064ULL) +
          (((word >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL)) >>
         32;
}

}  // namespace

void parse_airbus(std::string_view text, Shape shape, RunBuffer& runs) {
  Cursor cursor{text.data(), text.data(), text.data() + text.size(), shape};
  // A run takes four characters or more ("1 1 "), so the room is known before the text is.
  Run* const first = runs.reserve(text.size() / 4 + 1);
  Run* last = first;
  const std::uint64_t limit = std::uint64_t{shape.pixels()} + 1;
  std::uint64_t next = 1;
  std::size_t index = 0;
  for (;; ++index) {
    Run run{};
    bool fast = false;
    if constexpr (std::endian::native == std::endian::little) {
      // The common case without a loop: one space after each number, at most seven digits.
      if (cursor.end - cursor.at >= 16) {
        const std::uint64_t word = less_zero(load(cursor.at));
        const unsigned digits = digit_count(word);
        const char* const second = cursor.at + digits + 1;
        if (digits - 1 < 7 && second[-1] == ' ') {
          const std::uint64_t word2 = less_zero(load(second));
          const unsigned digits2 = digit_count(word2);
          if (digits2 - 1 < 7 && second[digits2] == ' ') {
            const std::uint64_t start = digits_value(word, digits);
            const std::uint64_t length = digits_value(word2, digits2);
            if (start >= next && length != 0 && start + length <= limit) {
              run = {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)};
              cursor.at = second + digits2 + 1;
              fast = true;
            }
          }
        }
      }
    }
    if (!fast && !read_run(cursor, index, next, run)) break;
    if (last != first && run.start + std::uint64_t{1} == next) {
      last[-1].length += run.length;
    } else {
      *last++ = run;
    }
    next = std::uint64_t{run.start} + run.length + 1;
  }
  runs.grow(static_cast<std::size_t>(last - first));
}

}  // namespace shipedge
