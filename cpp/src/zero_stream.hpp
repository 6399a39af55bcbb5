#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "deflate_code.hpp"
#include "shipedge/buffer.hpp"

namespace shipedge {

/// A zlib stream (RFC 1950, 1951) of bytes that are mostly zero, written from the others: one block, whose zeros are
/// matches of the byte before; the checksum follows from the positions.
class ZeroStream {
 public:
  /// Appends to `out` a stream of `size` bytes.
  ZeroStream(const deflate::Code& code, std::uint64_t size, Buffer<std::uint8_t>& out)
      : code_(code), size_(size), out_(out), many_(48 / code.full.size) {
    for (std::uint32_t i = 0; i < many_; ++i) many_full_ |= std::uint64_t{code.full.bits} << (i * code.full.size);
    out_.push(0x78);  // deflate, window of 32 KiB
    out_.push(0x01);
    at_ = out_.reserve(0);
    room(4 * code.header_pieces);
    for (std::size_t i = 0; i < code.header_pieces; ++i) put(code.header[i].bits, code.header[i].size);
  }

  /// A byte that is not zero, behind all so far; zeros lie before it.
  void byte(std::uint64_t position, std::uint8_t value) {
    const std::uint64_t gap = position - written_;
    deflate::Bits before{};
    if (gap > deflate::kLongest) {
      zeros(gap);
    } else if (gap != 0) {
      before = code_.zeros[gap - 1];
    }
    if (at_ > last_) room(kStep);
    const deflate::Bits word = code_.literal[value];
    put(before.bits | std::uint64_t{word.bits} << before.size, before.size + word.size);
    written_ = position + 1;
    sum_ += value;
    weighted_ += (size_ - position) * value;  // under 2^43
    if (++summed_ == kMostSummed) take_modulus();
  }

  /// Rows that hold zeros behind a first byte, as a row of `row_bytes` that begins at `position`.
  void like_above(std::uint64_t position, std::uint32_t rows, std::uint64_t row_bytes, std::uint8_t first) {
    const std::uint32_t alone = rows < 3 || row_bytes > deflate::kFarthest ? rows : 1;
    for (std::uint32_t row = 0; row < alone; ++row, position += row_bytes) byte(position, first);
    if (rows == alone) return;
    zeros(position - written_);
    copy((rows - alone) * row_bytes, static_cast<std::uint32_t>(row_bytes));
    take_modulus();
    // The sum of (size - position - i * row_bytes) over the rows i, each factor small enough to multiply.
    const std::uint64_t count = rows - alone;
    const std::uint64_t starts = count % kModulus * ((size_ - position) % kModulus);
    const std::uint64_t steps = count * (count - 1) / 2 % kModulus * (row_bytes % kModulus);
    sum_ += first * (count % kModulus);
    weighted_ += first * ((starts + kModulus * kModulus - steps) % kModulus);
  }

  /// The zeros at the end, and the checksum.
  void finish() {
    if (size_ != written_) zeros(size_ - written_);
    room(16);
    put(code_.end.bits, code_.end.size);
    put(0, (8 - held_) % 8);
    take_modulus();
    const std::uint64_t low = (1 + sum_) % kModulus;
    const std::uint64_t high = (size_ % kModulus + weighted_) % kModulus;
    room(4);
    for (const std::uint64_t byte : {high >> 8, high & 0xff, low >> 8, low & 0xff}) {
      *at_++ = static_cast<std::uint8_t>(byte);
    }
    room(0);
  }

 private:
  static constexpr std::size_t kSlack = 16;  // whole words are stored
  static constexpr std::size_t kStep = 256;
  static constexpr std::uint64_t kModulus = 65521;
  static constexpr std::uint32_t kMostSummed = 1U << 20;

  /// Memory for `bytes` more.
  void room(std::size_t bytes) {
    out_.grow(static_cast<std::size_t>(at_ - (out_.data() + out_.size())));
    at_ = out_.reserve(bytes + kSlack);
    last_ = at_ + bytes;
  }

  /// Up to 56 bits; there must be room.
  void put(std::uint64_t bits, std::uint32_t count) noexcept {
    bits_ |= bits << held_;
    held_ += count;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(at_, &bits_, 8);
    } else {
      for (unsigned i = 0; i < 8; ++i) at_[i] = static_cast<std::uint8_t>(bits_ >> (8 * i));
    }
    at_ += held_ / 8;
    bits_ >>= held_ / 8 * 8;
    held_ %= 8;
  }

  /// So many zeros, at least one; the byte before may be any.
  void zeros(std::uint64_t count) {
    const deflate::Bits rest = code_.zeros[(count - 1) % deflate::kLongest];
    std::uint64_t full = (count - 1) / deflate::kLongest;
    room(4 + full / many_ * 6 + 8);
    put(rest.bits, rest.size);
    for (; full >= many_; full -= many_) put(many_full_, many_ * code_.full.size);
    const auto size = static_cast<std::uint32_t>(full) * code_.full.size;
    put(many_full_ & ((std::uint64_t{1} << size) - 1), size);
    written_ += count;
  }

  /// The `count` bytes from `distance` before on, a multiple of it and of at least 3.
  void copy(std::uint64_t count, std::uint32_t distance) {
    const auto [symbol, extra] = deflate::distance_symbol(distance);
    const deflate::Bits back = code_.distance[symbol].then(extra);
    written_ += count;
    room(count / deflate::kLongest * 5 + 16);
    while (count != 0) {
      std::uint64_t length = count < deflate::kLongest ? count : deflate::kLongest;
      if (count > length && count - length < deflate::kShortest) length -= deflate::kShortest;
      const deflate::Bits word = code_.length[length];
      put(word.bits | std::uint64_t{back.bits} << word.size, word.size + back.size);
      count -= length;
    }
  }

  void take_modulus() noexcept {
    sum_ %= kModulus;
    weighted_ %= kModulus;
    summed_ = 0;
  }

  const deflate::Code& code_;
  std::uint64_t size_;
  Buffer<std::uint8_t>& out_;
  std::uint8_t* at_ = nullptr;
  std::uint8_t* last_ = nullptr;  // up to here a word may be stored
  std::uint64_t bits_ = 0;
  std::uint32_t held_ = 0;  // bits not yet in whole bytes
  std::uint32_t many_;      // so many full matches in one word
  std::uint64_t many_full_ = 0;
  std::uint64_t written_ = 0;  // bytes of the stream
  std::uint64_t sum_ = 0;      // Adler-32: of the bytes, and of each times the number of bytes from it on
  std::uint64_t weighted_ = 0;
  std::uint32_t summed_ = 0;
};

}  // namespace shipedge
