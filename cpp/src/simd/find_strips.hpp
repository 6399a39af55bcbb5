#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "shipedge/kernels.hpp"

#ifdef _MSC_VER
#define SHIPEDGE_INLINE __forceinline
#else
#define SHIPEDGE_INLINE inline __attribute__((always_inline))
#endif

namespace shipedge::simd {

/// Up to here the pixels lie so close together that all that was seen of a few strips better stays in registers.
constexpr std::size_t kNarrow = 1024;

/// Kernels::find_strips of wide masks, to be compiled for the instruction set of its caller. Each row is read from its
/// beginning to its end, so that the machine foresees what comes next; several rows side by side are slower.
SHIPEDGE_INLINE void find_strips_by_rows(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                         std::size_t width, std::uint8_t* found) noexcept {
  constexpr std::size_t kMost = std::size_t{8} << 10;
  alignas(64) std::uint8_t seen[kMost];
  for (std::size_t count = 0; width != 0; width -= count, rows += count) {
    count = std::min(width, kMost);
    std::memset(seen, 0, (count + kSide - 1) / kSide * kSide);
    const std::uint8_t* row = rows;
    for (std::uint32_t r = 0; r < height; ++r, row += stride) {
      for (std::size_t i = 0; i < count; ++i) seen[i] = static_cast<std::uint8_t>(seen[i] | row[i]);
    }
    for (std::size_t at = 0; at < count; at += kSide) {
      std::uint64_t words[kSide / 8];
      std::memcpy(words, seen + at, kSide);
      std::uint64_t any = 0;
      for (const std::uint64_t word : words) any |= word;
      *found++ = any != 0 ? 1 : 0;
    }
  }
}

}  // namespace shipedge::simd
