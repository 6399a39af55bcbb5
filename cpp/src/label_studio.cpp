#include "shipedge/label_studio.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shipedge/error.hpp"

namespace shipedge {
namespace {

constexpr std::uint64_t kChannels = 4;  // values of a pixel, of which the last one is its opacity
constexpr unsigned kWord = 8;           // bits of a value
constexpr std::array<unsigned, 4> kLengthBits{3, 4, 8, 16};

class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

  std::uint32_t read(unsigned count) {
    if (count > 8 * bytes_.size() - at_) throw FormatError("the packed mask ends before all its values");
    std::uint32_t value = 0;
    for (unsigned left = count; left != 0;) {
      const auto in_byte = static_cast<unsigned>(at_ % 8);
      const unsigned taken = std::min(left, 8 - in_byte);
      const unsigned bits = bytes_[at_ / 8] >> (8 - in_byte - taken) & ((1U << taken) - 1);
      value = value << taken | bits;
      at_ += taken;
      left -= taken;
    }
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;  // bit
};

class BitWriter {
 public:
  void write(std::uint32_t value, unsigned count) {
    for (unsigned left = count; left-- > 0; ++size_) {
      if (size_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (value >> left & 1U) << (7 - size_ % 8));
    }
  }

  /// A run of one value.
  void write_run(std::uint8_t value, std::uint64_t length) {
    constexpr std::uint64_t kLongest = std::uint64_t{1} << kLengthBits.back();
    for (; length != 0;) {
      const std::uint64_t part = std::min(length, kLongest);
      unsigned kind = 0;
      while (part > std::uint64_t{1} << kLengthBits[kind]) ++kind;
      write(1, 1);
      write(kind, 2);
      write(static_cast<std::uint32_t>(part - 1), kLengthBits[kind]);
      write(value, kWord);
      length -= part;
    }
  }

  std::vector<std::uint8_t> take() && { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t size_ = 0;  // bits
};

}  // namespace

Rle from_label_studio(std::span<const std::uint8_t> packed, Shape shape) {
  BitReader bits(packed);
  const std::uint64_t expected = kChannels * shape.pixels();
  const std::uint64_t number = bits.read(32);
  const unsigned word = bits.read(5) + 1;
  std::array<unsigned, 4> length_bits{};
  for (unsigned& size : length_bits) size = bits.read(4) + 1;
  if (number != expected || word != kWord) {
    throw FormatError("the packed mask has " + std::to_string(number) + " values of " + std::to_string(word) +
                      " bits, expected " + std::to_string(expected) + " (4 a pixel) of 8 bits");
  }
  std::vector<Run> along_rows;
  const auto add = [&](std::uint64_t first, std::uint64_t last) {  // values
    const std::uint64_t begin = first / kChannels;                 // of the pixels whose opacity is among them
    const std::uint64_t end = last / kChannels;
    if (begin < end)
      append_run(along_rows, {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
  };
  for (std::uint64_t at = 0; at < number;) {
    const bool is_run = bits.read(1) != 0;
    const std::uint64_t length = std::uint64_t{1} + bits.read(length_bits[bits.read(2)]);
    const std::uint64_t end = std::min(number, at + length);
    if (is_run) {
      if (bits.read(kWord) != 0) add(at, end);
    } else {
      for (std::uint64_t i = at; i < at + length; ++i) {
        if (bits.read(kWord) != 0 && i < end) add(i, i + 1);
      }
    }
    at = end;
  }
  return Rle::trusted(shape.transposed(), std::move(along_rows)).transposed();
}

std::vector<std::uint8_t> to_label_studio(const Rle& rle) {
  const std::uint64_t values = kChannels * rle.shape().pixels();
  if (values >> 32 != 0) {
    throw FormatError("a mask of " + std::to_string(rle.shape().pixels()) +
                      " pixels is too large for Label Studio, expected fewer than 1073741824");
  }
  const Rle along_rows = rle.transposed();
  BitWriter bits;
  bits.write(static_cast<std::uint32_t>(values), 32);
  bits.write(kWord - 1, 5);
  for (const unsigned size : kLengthBits) bits.write(size - 1, 4);
  std::uint64_t at = 0;
  for (const Run& run : along_rows.runs()) {
    bits.write_run(0, kChannels * (run.start - at));
    bits.write_run(255, kChannels * run.length);
    at = run.end();
  }
  bits.write_run(0, kChannels * (rle.shape().pixels() - at));
  return std::move(bits).take();
}

}  // namespace shipedge
