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
  Counted(Shape shape, std::size_t counts) : shape_(shape) { runs_.reserve(counts / 2); }

  void add(std::int64_t count) {
    if (count < 0) complain(count, "0 or more");
    const std::int64_t left = std::int64_t{shape_.pixels()} - at_;
    if (count > left) {
      complain(count, "at most " + std::to_string(left) + " (pixels left of " + std::to_string(shape_.pixels()) + ")");
    }
    if (index_ % 2 == 1 && count != 0) {
      append_run(runs_, {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(count)});
    }
    at_ += count;
    ++index_;
  }

  [[nodiscard]] std::string name() const { return "count " + std::to_string(index_ + 1); }

  Rle finish() {
    if (at_ != shape_.pixels()) {
      throw FormatError("counts sum to " + std::to_string(at_) + ", expected " + std::to_string(shape_.pixels()) +
                        " (height x width)");
    }
    return Rle::trusted(shape_, std::move(runs_));
  }

 private:
  [[noreturn]] void complain(std::int64_t count, const std::string& expected) const {
    throw FormatError(name() + " is " + std::to_string(count) + ", expected " + expected);
  }

  Shape shape_;
  std::vector<Run> runs_;
  std::int64_t at_ = 0;
  std::size_t index_ = 0;
};

[[noreturn]] void complain_character(std::size_t index, char character) {
  const auto code = static_cast<unsigned char>(character);
  constexpr char kHex[] = "0123456789abcdef";
  const std::string shown = code >= 0x20 && code < 0x7f ? std::string("'") + character + "'"
                                                        : std::string("byte 0x") + kHex[code >> 4] + kHex[code & 15];
  throw FormatError("character " + std::to_string(index + 1) + " is " + shown + ", expected '0' to 'o'");
}

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
  for (const std::int64_t count : counts) counted.add(count);
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
  std::int64_t before[2] = {0, 0};
  std::size_t at = 0;
  for (std::size_t index = 0; at < text.size(); ++index) {
    std::int64_t value = 0;
    for (unsigned shift = 0;; shift += kBits) {
      if (at == text.size()) throw FormatError(counted.name() + " is cut off at the end of the text");
      if (shift == kLongest * kBits) {
        throw FormatError(counted.name() + " is over " + std::to_string(kLongest) +
                          " characters long, expected a number of at most 33 bits");
      }
      const unsigned group = static_cast<unsigned char>(text[at]) - static_cast<unsigned>(kFirst);
      if (group >= 2 * kMore) complain_character(at, text[at]);
      ++at;
      value |= std::int64_t{group % kMore} << shift;
      if ((group & kMore) == 0) {
        if ((group & kSign) != 0) value -= kGroup << shift;
        break;
      }
    }
    if (index >= kAbsolute) value += before[index % 2];
    counted.add(value);
    before[index % 2] = value;
  }
  return counted.finish();
}

}  // namespace shipedge
