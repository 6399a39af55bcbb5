#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

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

  /// A byte that is not zero, and where.
  struct Item {
    std::uint64_t position;
    std::uint64_t value;
  };

  /// Up to a million bytes behind all so far, in order; zeros lie between them.
  void bytes(std::span<const Item> items) {
    room(8 * items.size());
    std::uint8_t* at = at_;  // in registers: a store of a byte might change any member
    std::uint64_t bits = bits_;
    std::uint32_t held = held_;
    std::uint64_t next = written_;
    std::uint64_t sum = 0;
    std::uint64_t weighted = 0;
    const std::uint32_t full_size = code_.full.size;
    for (const Item& item : items) {
      std::uint64_t gap = item.position - next;
      if (gap > kShortGap) {
        at_ = at;
        bits_ = bits;
        held_ = held;
        zeros(gap);
        room(8 * items.size());
        at = at_;
        bits = bits_;
        held = held_;
        gap = 0;
      }
      // One word for the zeros and the byte behind them; most rows of a ship have a gap of some full matches.
      const auto matches = static_cast<std::uint32_t>(gap - (gap != 0 ? 1 : 0)) / deflate::kLongest;
      const deflate::Bits rest = code_.zeros[gap - matches * deflate::kLongest];
      const deflate::Bits word = code_.literal[item.value];
      const std::uint32_t before = rest.size + matches * full_size;
      const std::uint64_t full = many_full_ & ((std::uint64_t{1} << matches * full_size) - 1);
      bits |= (rest.bits | full << rest.size | std::uint64_t{word.bits} << before) << held;
      held += before + word.size;
      store(at, bits);
      at += held / 8;
      bits >>= held / 8 * 8;
      held %= 8;
      next = item.position + 1;
      sum += item.value;
      weighted += (size_ - item.position) * item.value;  // under 2^43
    }
    sum_ += sum;
    weighted_ += weighted;
    at_ = at;
    bits_ = bits;
    held_ = held;
    written_ = next;
    take_modulus();
  }

  /// Rows that hold zeros behind a first byte: `rows` of `row_bytes` from `position` on.
  void like_above(std::uint64_t position, std::uint32_t rows, std::uint64_t row_bytes, std::uint8_t first) {
    const std::uint32_t alone = rows < 3 || row_bytes > deflate::kFarthest ? rows : 1;
    for (std::uint32_t row = 0; row < alone; ++row, position += row_bytes) {
      const Item item{position, first};
      bytes({&item, 1});
    }
    if (rows == alone) return;
    zeros(position - written_);
    written_ = position;
    copy((rows - alone) * row_bytes, static_cast<std::uint32_t>(row_bytes));
    written_ += (rows - alone) * row_bytes;
    // The sum of (size - position - i * row_bytes) over the rows i, each factor small enough to multiply.
    const std::uint64_t count = rows - alone;
    const std::uint64_t starts = count % kModulus * ((size_ - position) % kModulus);
    const std::uint64_t steps = count * (count - 1) / 2 % kModulus * (row_bytes % kModulus);
    sum_ += first * (count % kModulus);
    weighted_ += first * ((starts + kModulus * kModulus - steps) % kModulus);
    take_modulus();
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
  static constexpr std::size_t kSlack = 16;                          // whole words are stored
  static constexpr std::uint64_t kShortGap = 8 * deflate::kLongest;  // a word of 57 bits holds it and a byte
  static constexpr std::uint64_t kModulus = 65521;

  /// Memory for `bytes` more.
  void room(std::size_t bytes) {
    out_.grow(static_cast<std::size_t>(at_ - (out_.data() + out_.size())));
    at_ = out_.reserve(bytes + kSlack);
  }

  static void store(std::uint8_t* at, std::uint64_t bits) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(at, &bits, 8);
    } else {
      for (unsigned i = 0; i < 8; ++i) at[i] = static_cast<std::uint8_t>(bits >> (8 * i));
    }
  }

  /// Up to 56 bits; there must be room.
  void put(std::uint64_t bits, std::uint32_t count) noexcept {
    bits_ |= bits << held_;
    held_ += count;
    store(at_, bits_);
    at_ += held_ / 8;
    bits_ >>= held_ / 8 * 8;
    held_ %= 8;
  }

  /// So many zeros, at least one; the byte before may be any.
  void zeros(std::uint64_t count) {
    const deflate::Bits rest = code_.zeros[(count - 1) % deflate::kLongest + 1];
    std::uint64_t full = (count - 1) / deflate::kLongest;
    room(4 + full / many_ * 6 + 8);
    put(rest.bits, rest.size);
    for (; full >= many_; full -= many_) put(many_full_, many_ * code_.full.size);
    const auto size = static_cast<std::uint32_t>(full) * code_.full.size;
    put(many_full_ & ((std::uint64_t{1} << size) - 1), size);
  }

  /// The `count` bytes from `distance` before on, a multiple of it and of at least 3.
  void copy(std::uint64_t count, std::uint32_t distance) {
    const auto [symbol, extra] = deflate::distance_symbol(distance);
    const deflate::Bits back = code_.distance[symbol].then(extra);
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
  }

  const deflate::Code& code_;
  std::uint64_t size_;
  Buffer<std::uint8_t>& out_;
  std::uint8_t* at_ = nullptr;
  std::uint64_t bits_ = 0;
  std::uint32_t held_ = 0;  // bits not yet in whole bytes
  std::uint32_t many_;      // so many full matches in one word
  std::uint64_t many_full_ = 0;
  std::uint64_t written_ = 0;  // bytes of the stream
  std::uint64_t sum_ = 0;      // Adler-32: of the bytes, and of each times the number of bytes from it on
  std::uint64_t weighted_ = 0;
};

}  // namespace shipedge
