#include "shipedge/coco.hpp"

#include <utility>

#include "shipedge/error.hpp"

namespace shipedge {
namespace {

constexpr unsigned kBits = 5;                  // of a number in one character
constexpr unsigned kMore = 1U << kBits;        // set where another character of the number follows
constexpr unsigned kSign = 1U << (kBits - 1);  // of the last character
constexpr char kFirst = '0';                   // stands for a group of zeros
constexpr unsigned kLongest = 7;               // characters: a difference of two counts takes 33 bits
constexpr std::size_t kAbsolute = 3;           // counts before the first difference
constexpr std::int64_t kGroup = std::int64_t{1} << kBits;

/// Counts, one after the other, become runs.
class Counted {
 public:
  Counted(Shape shape, std::size_t counts) : shape_(shape), left_(shape.pixels()) { runs_.reserve(counts / 2); }

  void sea(std::int64_t count) { skip(count); }

  void ship(std::int64_t count) {
    const std::uint32_t start = shape_.pixels() - static_cast<std::uint32_t>(left_);
    skip(count);
    if (count != 0) append_run(runs_, {start, static_cast<std::uint32_t>(count)});
  }

  [[nodiscard]] std::string name() const { return "count " + std::to_string(index_ + 1); }

  Rle finish() {
    if (left_ != 0) {
      throw FormatError("counts sum to " + std::to_string(shape_.pixels() - left_) + ", expected " +
                        std::to_string(shape_.pixels()) + " (height x width)");
    }
    return Rle::trusted(shape_, std::move(runs_));
  }

 private:
  void skip(std::int64_t count) {
    if (static_cast<std::uint64_t>(count) > static_cast<std::uint64_t>(left_)) complain(count);  // negative ones too
    left_ -= count;
    ++index_;
  }

  [[noreturn]] void complain(std::int64_t count) const {
    throw FormatError(
        name() + " is " + std::to_string(count) + ", expected " +
        (count < 0 ? "0 or more"
                   : "at most " + std::to_string(left_) + " (pixels left of " + std::to_string(shape_.pixels()) + ")"));
  }

  Shape shape_;
  std::vector<Run> runs_;
  std::int64_t left_;  // pixels behind the last count
  std::size_t index_ = 0;
};

[[noreturn]] void complain_character(std::size_t index, char character) {
  const auto code = static_cast<unsigned char>(character);
  constexpr char kHex[] = "0123456789abcdef";
  const std::string shown = code >= 0x20 && code < 0x7f ? std::string("'") + character + "'"
                                                        : std::string("byte 0x") + kHex[code >> 4] + kHex[code & 15];
  throw FormatError("character " + std::to_string(index + 1) + " is " + shown + ", expected '0' to 'o'");
}

/// Numbers of a compressed text, one after the other.
class Compressed {
 public:
  explicit Compressed(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }

  /// The next number; `counted` knows its place for messages. There is one: not at_end().
  std::int64_t next(const Counted& counted) {
    const unsigned group = group_of(text_[at_]);
    if (group >= kMore) return long_number(counted);
    ++at_;
    return std::int64_t{group ^ kSign} - std::int64_t{kSign};  // the sign bit, extended
  }

 private:
  static unsigned group_of(char c) noexcept { return static_cast<unsigned char>(c) - static_cast<unsigned>(kFirst); }

  std::int64_t long_number(const Counted& counted) {
    std::int64_t value = 0;
    for (unsigned shift = 0;; shift += kBits) {
      if (at_end()) throw FormatError(counted.name() + " is cut off at the end of the text");
      if (shift == kLongest * kBits) {
        throw FormatError(counted.name() + " is over " + std::to_string(kLongest) +
                          " characters long, expected a number of at most 33 bits");
      }
      const unsigned group = group_of(text_[at_]);
      if (group >= 2 * kMore) complain_character(at_, text_[at_]);
      ++at_;
      value |= std::int64_t{group % kMore} << shift;
      if (group < kMore) return (group & kSign) != 0 ? value - (kGroup << shift) : value;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Calls visit(count) for each count of a mask.
template <class Visit>
void for_each_count(const Rle& rle, Visit&& visit) {
  std::uint32_t at = 0;
  for (const Run& run : rle.runs()) {
    visit(run.start - at);
    visit(run.length);
    at = run.end();
  }
  if (at != rle.shape().pixels()) visit(rle.shape().pixels() - at);
}

}  // namespace

std::vector<std::uint32_t> to_counts(const Rle& rle) {
  std::vector<std::uint32_t> counts;
  counts.reserve(rle.runs().size() * 2 + 1);
  for_each_count(rle, [&](std::uint32_t count) { counts.push_back(count); });
  return counts;
}

Rle from_counts(std::span<const std::int64_t> counts, Shape shape) {
  Counted counted(shape, counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i % 2 == 0) {
      counted.sea(counts[i]);
    } else {
      counted.ship(counts[i]);
    }
  }
  return counted.finish();
}

std::string compress_counts(const Rle& rle) {
  std::string text(kLongest * (rle.runs().size() * 2 + 1), '\0');
  char* out = text.data();
  std::size_t index = 0;
  std::int64_t before[2] = {0, 0};  // the counts at even and at odd places
  for_each_count(rle, [&](std::uint32_t count) {
    std::int64_t value = count;
    if (index >= kAbsolute) value -= before[index % 2];
    before[index % 2] = count;
    ++index;
    // Enough groups are written when what is left is the sign alone: -16 <= value < 16.
    while (value < -kGroup / 2 || value >= kGroup / 2) {
      *out++ = static_cast<char>(kFirst + (value & (kGroup - 1)) + kMore);
      value >>= kBits;
    }
    *out++ = static_cast<char>(kFirst + (value & (kGroup - 1)));
  });
  text.resize(static_cast<std::size_t>(out - text.data()));
  return text;
}

Rle from_compressed_counts(std::string_view text, Shape shape) {
  Counted counted(shape, text.size());
  Compressed numbers(text);
  // What the next count is a difference to: nothing for the first three.
  std::int64_t sea = 0;
  std::int64_t ship = 0;
  for (bool first = true; !numbers.at_end(); first = false) {
    sea += numbers.next(counted);
    counted.sea(sea);
    if (first) sea = 0;
    if (numbers.at_end()) break;
    ship += numbers.next(counted);
    counted.ship(ship);
  }
  return counted.finish();
}

}  // namespace shipedge
