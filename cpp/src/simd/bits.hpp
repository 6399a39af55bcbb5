#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "find_strips.hpp"

/// What machines without masked loads and stores do at the right edge of a mask; to be compiled for the instruction set
/// of its caller.
namespace shipedge::simd {

/// Places of the set bits of each byte, in order.
alignas(8) constexpr auto kPlacesOfBits = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned count = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
      if ((byte >> bit & 1) != 0) table[byte][count++] = static_cast<std::uint8_t>(bit);
    }
  }
  return table;
}();

/// Sets out[c] to 1 for every set bit c.
SHIPEDGE_INLINE void set_each_bit(std::uint8_t* out, std::uint64_t bits) noexcept {
  for (; bits != 0; bits &= bits - 1) out[std::countr_zero(bits)] = 1;
}

/// Whether anything is set in less than 64 columns.
SHIPEDGE_INLINE bool any_in(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                            std::size_t width) noexcept {
  std::uint8_t seen = 0;
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    for (std::size_t i = 0; i < width; ++i) seen = static_cast<std::uint8_t>(seen | rows[i]);
  }
  return seen != 0;
}

/// Less than 64 columns, with zeros at their right.
SHIPEDGE_INLINE void copy_padded(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                 std::uint32_t width, std::uint8_t* out) noexcept {
  for (std::uint32_t r = 0; r < height; ++r, rows += stride, out += kSide) {
    std::memcpy(out, rows, width);
    std::memset(out + width, 0, kSide - width);
  }
}

}  // namespace shipedge::simd
