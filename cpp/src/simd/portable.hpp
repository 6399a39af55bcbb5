#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "shipedge/kernels.hpp"

/// What runs portable; kernels.hpp says what each does.
namespace shipedge::simd::portable {

constexpr std::uint32_t kPolynomial = 0xedb88320;  // of CRC-32, reflected

/// The text of a number below 1000 with a space behind it, and the length of both.
struct Short {
  char text[4];
  std::uint32_t size;
};

extern const std::array<Short, 1000> kShorts;

/// Writes a number below 1000 and a space, touching four bytes; returns the end. For little-endian machines: one load
/// for both.
inline char* write_short(std::uint32_t value, char* out) noexcept {
  static_assert(sizeof(Short) == sizeof(std::uint64_t));
  std::uint64_t entry = 0;
  std::memcpy(&entry, &kShorts[value], sizeof entry);
  std::memcpy(out, &entry, 4);
  return out + (entry >> 32);
}

void clear(std::uint8_t* out, std::size_t size) noexcept;
std::size_t read_runs(TextCursor& cursor, Run* out) noexcept;
char* write_runs(Runs runs, char* out) noexcept;
void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                std::uint64_t columns) noexcept;
void find_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::size_t width,
                 std::uint8_t* found) noexcept;
void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::uint32_t width,
                std::uint64_t* words) noexcept;
void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                std::uint64_t* words) noexcept;
std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                         std::uint32_t* out) noexcept;
std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept;
std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) noexcept;

}  // namespace shipedge::simd::portable
