#include <algorithm>
#include <string>

#include "shipedge/error.hpp"
#include "shipedge/kernels.hpp"
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

/// Says what is wrong with a run that read_run refuses.
[[noreturn]] void complain_run(const Cursor& cursor, std::size_t index, std::uint64_t next, std::uint64_t start,
                               std::uint64_t length) {
  const std::string name = "run " + std::to_string(index + 1);
  const auto [height, width] = cursor.shape;
  const std::string mask = "the " + std::to_string(cursor.shape.pixels()) + " pixels of a mask of shape (" +
                           std::to_string(height) + ", " + std::to_string(width) + ")";
  if (length == kNone) {
    throw FormatError(name + " has a start (" + shown_number(start) +
                      ") but no length, expected an even number of numbers");
  }
  if (start == 0) throw FormatError(name + " starts at 0, expected 1 or later (pixels count from 1)");
  if (start < next) {
    throw FormatError(name + " starts at " + shown_number(start) + ", expected " + std::to_string(next) + " or later");
  }
  if (length == 0) throw FormatError(name + " has length 0, expected 1 or more");
  if (start > cursor.shape.pixels()) {
    throw FormatError(name + " starts at " + shown_number(start) + ", expected it inside " + mask);
  }
  throw FormatError(name + " (start " + std::to_string(start) + ", length " + shown_number(length) +
                    ") ends outside the mask, expected it inside " + mask);
}

/// Reads one run with every check; false at the end of the text. `next` is the first allowed start.
bool read_run(Cursor& cursor, std::size_t index, std::uint64_t next, Run& run) {
  const std::uint64_t start = cursor.number();
  if (start == kNone) return false;
  const std::uint64_t length = cursor.number();
  const std::uint64_t pixels = cursor.shape.pixels();
  if (start < next || start > pixels || length == 0 || length > pixels + 1 - start) {
    complain_run(cursor, index, next, start, length);
  }
  run = {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)};
  return true;
}

}  // namespace

void parse_airbus(std::string_view text, Shape shape, RunBuffer& runs) {
  Cursor cursor{text.data(), text.data(), text.data() + text.size(), shape};
  // A run takes four characters or more ("1 1 "), so the room is known before the text is.
  Run* const first = runs.reserve(text.size() / 4 + 1);
  Run* last = first;
  const auto& kernels = simd::best();
  simd::TextCursor plain{cursor.begin, cursor.end, 1, std::uint64_t{shape.pixels()} + 1};
  std::size_t index = 0;
  // Where the kernel finds nothing to its taste, again and again, it is asked less often.
  for (std::size_t patience = 1;; patience = std::min<std::size_t>(2 * patience, 64)) {
    const std::size_t count = kernels.read_runs(plain, last);
    last += count;
    index += count;
    if (count != 0) patience = 1;
    cursor.at = plain.at;
    std::size_t read = 0;
    for (Run run{}; read < patience && read_run(cursor, index, plain.next, run); ++read, ++index) {
      if (last != first && run.start + std::uint64_t{1} == plain.next) {
        last[-1].length += run.length;
      } else {
        *last++ = run;
      }
      plain.next = std::uint64_t{run.start} + run.length + 1;
    }
    if (read < patience) break;
    plain.at = cursor.at;
  }
  runs.grow(static_cast<std::size_t>(last - first));
}

}  // namespace shipedge
