#include "portable.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "find_strips.hpp"

namespace shipedge::simd::portable {

void clear(std::uint8_t* out, std::size_t size) noexcept { std::memset(out, 0, size); }

/// Byte b of entry i is bit b of i.
constexpr auto kBytesOfBits = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    for (unsigned b = 0; b < 8; ++b) table[i][b] = static_cast<std::uint8_t>(i >> b & 1);
  }
  return table;
}();

/// Sets out[c] to 1 for every set bit c.
static void set_bits(std::uint8_t* out, std::uint64_t bits) noexcept {
  for (unsigned group = 0; group < 8; ++group) {
    const auto& bytes = kBytesOfBits[bits >> (8 * group) & 0xff];
    std::uint64_t word = 0;
    std::uint64_t ones = 0;
    std::memcpy(&word, out + std::size_t{8} * group, 8);
    std::memcpy(&ones, bytes.data(), 8);
    word |= ones;
    std::memcpy(out + std::size_t{8} * group, &word, 8);
  }
}

/// Whether one of sixteen words is not zero.
static bool any_set(const std::uint64_t* words) noexcept {
  std::uint64_t any = 0;
  for (unsigned i = 0; i < 16; ++i) any |= words[i];
  return any != 0;
}

void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                std::uint64_t columns) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t y = 0; y < rows; ++y) {
    if (bits == 0) {  // sea: on to the next row where something begins
      while (y + 16 <= rows && !any_set(toggles + y)) y += 16;
      while (y < rows && toggles[y] == 0) ++y;
      if (y == rows) break;
    }
    bits ^= std::exchange(toggles[y], 0);
    std::uint8_t* const row = out + y * stride;
    if (columns == ~std::uint64_t{0}) {
      set_bits(row, bits);
    } else {
      for (std::uint64_t rest = bits & columns; rest != 0; rest &= rest - 1) row[std::countr_zero(rest)] = 1;
    }
  }
}

#if defined(__GNUC__)
typedef std::uint64_t Wide __attribute__((vector_size(16), aligned(1), may_alias));  // every 64-bit machine has these
#else
using Wide = std::uint64_t;
#endif

/// Twelve strips are a whole row of many masks, read as it lies; what was seen of them stays in registers.
template <std::size_t kStrips>
static void find_some_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                             std::uint8_t* found) noexcept {
  constexpr std::size_t kParts = kSide / sizeof(Wide);
  Wide seen[kStrips] = {};
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    for (std::size_t s = 0; s < kStrips; ++s) {
      Wide parts[kParts];
      std::memcpy(parts, rows + s * kSide, kSide);
      Wide any = parts[0];
      for (std::size_t i = 1; i < kParts; ++i) any |= parts[i];
      seen[s] |= any;
    }
  }
  for (std::size_t s = 0; s < kStrips; ++s) {
    const Wide none{};
    found[s] = std::memcmp(&seen[s], &none, sizeof none) != 0;
  }
}

void find_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::size_t width,
                 std::uint8_t* found) noexcept {
  if (width > kNarrow) return find_strips_by_rows(rows, stride, height, width, found);
  for (; width >= std::size_t{12} * kSide; width -= std::size_t{12} * kSide, rows += 12 * kSide, found += 12) {
    find_some_strips<12>(rows, stride, height, found);
  }
  for (; width >= kSide; width -= kSide, rows += kSide, ++found) find_some_strips<1>(rows, stride, height, found);
  if (width == 0) return;
  std::uint8_t seen = 0;
  for (std::uint32_t r = 0; r < height; ++r, rows += stride) {
    for (std::size_t i = 0; i < width; ++i) seen = static_cast<std::uint8_t>(seen | rows[i]);
  }
  *found = seen != 0;
}

void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::uint32_t width,
                std::uint64_t* words) noexcept {
  std::uint8_t groups[8][kSide] = {};  // byte g of a column: its rows 8g .. 8g + 7
  for (std::uint32_t row = 0; row < height; ++row, rows += stride) {
    const int bit = 1 << row % 8;
    std::uint8_t* group = groups[row / 8];
    const auto add = [&](std::uint32_t columns) {  // no branch: the vectoriser turns it into compare, and, or
      for (std::uint32_t c = 0; c < columns; ++c) {
        group[c] = static_cast<std::uint8_t>(group[c] | (-static_cast<int>(rows[c] != 0) & bit));
      }
    };
    if (width == kSide) {
      add(kSide);
    } else {
      add(width);
    }
  }
  for (std::uint32_t c = 0; c < kSide; ++c) {
    std::uint64_t word = 0;
    for (unsigned g = 0; g < 8; ++g) word |= std::uint64_t{groups[g][c]} << (8 * g);
    words[c] = word;
  }
}

/// Eight bytes -> one bit for each that is not zero.
static std::uint64_t pack_eight(const std::uint8_t* bytes) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    word = (((word & 0x7f7f7f7f7f7f7f7fULL) + 0x7f7f7f7f7f7f7f7fULL) | word) >> 7 & 0x0101010101010101ULL;
    return word * 0x0102040810204080ULL >> 56;
  } else {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 8; ++i) bits |= std::uint64_t{bytes[i] != 0 ? 1U : 0U} << i;
    return bits;
  }
}

/// 64 bytes -> one bit for each that is not zero.
static std::uint64_t pack_word(const std::uint8_t* bytes) noexcept {
  std::uint64_t word = 0;
  for (unsigned g = 0; g < 8; ++g) word |= pack_eight(bytes + std::size_t{8} * g) << (8 * g);
  return word;
}

void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                std::uint64_t* words) noexcept {
  for (std::uint32_t line = 0; line < count; ++line, lines += stride) {
    if (size == kSide) {
      words[line] = pack_word(lines);
    } else {
      std::uint8_t padded[kSide] = {};
      std::memcpy(padded, lines, size);
      words[line] = pack_word(padded);
    }
  }
}

std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                         std::uint32_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::uint64_t word = words[i]; word != 0; word &= word - 1) {
      *out++ = at[i] + static_cast<std::uint32_t>(std::countr_zero(word));
    }
  }
  return out;
}

}  // namespace shipedge::simd::portable
