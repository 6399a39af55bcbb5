#pragma once

#include "shipedge/kernels.hpp"

#if defined(__aarch64__) && defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SHIPEDGE_HAS_NEON

#include <arm_neon.h>

/// What every aarch64 has; kernels.hpp says what each does.
namespace shipedge::simd::neon {

std::size_t read_runs(TextCursor& cursor, Run* out) noexcept;
char* write_runs(Runs runs, char* out) noexcept;
void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                std::uint64_t columns) noexcept;
void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::uint32_t width,
                std::uint64_t* words) noexcept;
void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                std::uint64_t* words) noexcept;
std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                         std::uint32_t* out) noexcept;
std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept;
std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) noexcept;

/// Whether crc32 may be called: its instructions came later, but before the boards of today.
bool has_crc32() noexcept;

/// A bit for each of 64 bytes that are 0 or 0xff.
inline std::uint64_t mask_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) noexcept {
  const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ULL));
  const uint8x16_t low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
  const uint8x16_t high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
  const uint8x16_t both = vpaddq_u8(low, high);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(both, both)), 0);
}

}  // namespace shipedge::simd::neon

#endif
