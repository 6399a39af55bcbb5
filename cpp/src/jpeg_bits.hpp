#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/error.hpp"
#include "shipedge/jpeg_strips.hpp"

namespace shipedge::jpeg {

constexpr std::size_t kPadding = 2;  // bytes too many before the end marker: some cameras write so many

[[noreturn]] inline void refuse(const char* text) { throw FormatError(text); }

/// Bits of entropy-coded data, without the zeros that are stuffed behind each 0xFF.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> content, const JpegRow& row)
      : content_(content),
        at_(static_cast<std::size_t>(row.at)),
        bits_(row.bits),
        count_(static_cast<int>(row.count)),
        made_up_(static_cast<int>(row.made_up)) {}

  /// Has at least 48 bits ready; behind a marker or the end of the file they are zeros, and counted.
  void fill() {
    while (count_ <= 56) {
      std::uint64_t byte = 0;
      if (at_ < content_.size() && content_[at_] != 0xFF) {
        byte = content_[at_++];
      } else if (at_ + 1 < content_.size() && content_[at_ + 1] == 0) {
        byte = 0xFF;
        at_ += 2;
      } else {
        made_up_ += 8;
      }
      bits_ |= byte << (56 - count_);
      count_ += 8;
    }
  }

  std::uint32_t peek(int bits) const { return static_cast<std::uint32_t>(bits_ >> 32 >> (32 - bits)); }

  void skip(int bits) {
    bits_ = bits_ << bits;
    count_ -= bits;
  }

  /// Whether bits were used that are not in the file.
  bool is_spent() const { return count_ < made_up_; }

  /// Moves behind a restart marker; false where none follows at once.
  bool restart() {
    if (count_ - made_up_ >= 8 || is_spent()) return false;
    while (at_ + 2 < content_.size() && content_[at_ + 1] == 0xFF) ++at_;
    if (at_ + 1 >= content_.size() || content_[at_ + 1] < 0xD0 || content_[at_ + 1] > 0xD7) return false;
    at_ += 2;
    bits_ = 0;
    count_ = made_up_ = 0;
    return true;
  }

  /// Throws where no end marker follows, or much else before it.
  void expect_end() const {
    std::size_t left = static_cast<std::size_t>(std::max(count_ - made_up_, 0) / 8);
    for (std::size_t at = at_; at + 1 < content_.size(); ++at) {
      if (content_[at] != 0xFF) {
        ++left;
      } else if (content_[at + 1] == 0xD9) {
        if (left > kPadding) break;
        return;
      } else if (content_[at + 1] != 0xFF) {
        ++left;
      }
      if (left > kPadding) refuse("data are left over behind its last row");
    }
    if (left > kPadding) refuse("data are left over behind its last row");
    refuse("its end is missing");
  }

  void save(JpegRow& row) const {
    row.at = static_cast<std::int64_t>(at_);
    row.bits = bits_;
    row.count = count_;
    row.made_up = made_up_;
  }

 private:
  std::span<const std::uint8_t> content_;
  std::size_t at_;
  std::uint64_t bits_;
  int count_, made_up_;
};

class Writer {
 public:
  explicit Writer(std::vector<std::uint8_t>& out) : out_(out) {}

  void put(std::uint32_t value, int bits) {
    bits_ = bits_ << bits | value;
    count_ += bits;
    while (count_ >= 8) {
      count_ -= 8;
      const auto byte = static_cast<std::uint8_t>(bits_ >> count_);
      out_.push_back(byte);
      if (byte == 0xFF) out_.push_back(0);
    }
  }

  /// Fills the last byte with ones, as the standard wants it.
  void finish() {
    if (count_ > 0) put((1U << (8 - count_)) - 1, 8 - count_);
  }

 private:
  std::vector<std::uint8_t>& out_;
  std::uint64_t bits_ = 0;
  int count_ = 0;
};

}  // namespace shipedge::jpeg
