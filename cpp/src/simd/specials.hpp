#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace shipedge::simd {

constexpr std::size_t kBlock = 64;  // bytes that Kernels::find_specials looks at together

/// Not zero where Kernels::find_specials has to find the byte, of one or of a vector of them.
template <class T>
constexpr auto special(T c) noexcept {
  return ((c < '-') & (c != ' ')) | (c >= 0x7f) | (c == '/') | (c == ':') | (c == '\\');
}

/// What is special by the two halves of a byte: it is where the class of its upper half is among those of its lower
/// one.
struct Halves {
  alignas(16) std::array<std::uint8_t, 16> lower{};  // a bit for each class
  alignas(16) std::array<std::uint8_t, 16> upper{};
};

constexpr Halves kHalves = [] {
  Halves halves;
  std::array<unsigned, 8> members{};  // of each class: a bit for each lower half
  unsigned classes = 0;
  for (unsigned upper = 0; upper < 16; ++upper) {
    unsigned wanted = 0;
    for (unsigned lower = 0; lower < 16; ++lower) {
      if (special(static_cast<int>(16 * upper + lower)) != 0) wanted |= 1U << lower;
    }
    if (wanted == 0) continue;
    unsigned one = 0;
    while (one < classes && members[one] != wanted) ++one;
    if (one == classes) members[classes++] = wanted;
    halves.upper[upper] = static_cast<std::uint8_t>(1U << one);
    for (unsigned lower = 0; lower < 16; ++lower) {
      if ((wanted >> lower & 1) != 0) halves.lower[lower] = static_cast<std::uint8_t>(halves.lower[lower] | 1U << one);
    }
  }
  return halves;
}();

}  // namespace shipedge::simd
