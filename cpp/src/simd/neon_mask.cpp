#include "neon.hpp"

#ifdef SHIPEDGE_HAS_NEON

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "bits.hpp"

namespace shipedge::simd::neon {

/// Sets out[c] to 1 for every set bit c.
static inline void set_bits(std::uint8_t* out, std::uint64_t bits) noexcept {
  const uint8x16_t bit_of = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ULL));
  const uint8x16_t words = vreinterpretq_u8_u64(vdupq_n_u64(bits));
  uint8x16_t byte_of = vcombine_u8(vdup_n_u8(0), vdup_n_u8(1));
  for (unsigned part = 0; part < 4; ++part, out += 16) {
    uint8x16_t set = vtstq_u8(vqtbl1q_u8(words, byte_of), bit_of);
    __asm__("" : "+w"(set));  // or Clang makes four instructions of this one and the next
    vst1q_u8(out, vbslq_u8(set, vdupq_n_u8(1), vld1q_u8(out)));
    byte_of = vaddq_u8(byte_of, vdupq_n_u8(2));
  }
}

void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                std::uint64_t columns) noexcept {
  std::uint64_t* const end = toggles + rows;
  while (true) {
    // Sea: on to the next row where something begins.
    for (; end - toggles >= 16; toggles += 16, out += 16 * stride) {
      uint64x2_t any = vld1q_u64(toggles);
      for (unsigned i = 2; i < 16; i += 2) any = vorrq_u64(any, vld1q_u64(toggles + i));
      if (vmaxvq_u32(vreinterpretq_u32_u64(any)) != 0) break;
    }
    for (; toggles != end && *toggles == 0; ++toggles) out += stride;
    if (toggles == end) return;
    const auto paint = [&](auto set) {
      std::uint64_t bits = 0;
      do {
        bits ^= std::exchange(*toggles++, 0);
        set(bits);
        out += stride;
      } while (bits != 0 && toggles != end);
    };
    if (columns == ~std::uint64_t{0}) {
      paint([&](std::uint64_t bits) { set_bits(out, bits); });
    } else {
      paint([&](std::uint64_t bits) { set_each_bit(out, bits & columns); });
    }
  }
}

/// 0xff where a byte is not zero.
static inline uint8x16_t is_set(const std::uint8_t* bytes) noexcept {
  const uint8x16_t value = vld1q_u8(bytes);
  return vtstq_u8(value, value);
}

/// Bit r of byte c: whether row r has column c, for eight rows or fewer.
static inline uint8x16_t pack_eight(const std::uint8_t* row, std::ptrdiff_t stride, std::uint32_t rows) noexcept {
  if (rows == 8) {  // each row is put above the bits of those before it
    uint8x16_t bits = is_set(row);
    bits = vsliq_n_u8(bits, is_set(row + stride), 1);
    bits = vsliq_n_u8(bits, is_set(row + 2 * stride), 2);
    bits = vsliq_n_u8(bits, is_set(row + 3 * stride), 3);
    bits = vsliq_n_u8(bits, is_set(row + 4 * stride), 4);
    bits = vsliq_n_u8(bits, is_set(row + 5 * stride), 5);
    bits = vsliq_n_u8(bits, is_set(row + 6 * stride), 6);
    return vsliq_n_u8(bits, is_set(row + 7 * stride), 7);
  }
  uint8x16_t bits = vdupq_n_u8(0);
  uint8x16_t bit = vdupq_n_u8(1);
  for (std::uint32_t r = 0; r < rows; ++r, row += stride) {
    bits = vorrq_u8(bits, vandq_u8(is_set(row), bit));
    bit = vaddq_u8(bit, bit);
  }
  return bits;
}

void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::uint32_t width,
                std::uint64_t* words) noexcept {
  if (width < kSide) {
    std::uint8_t padded[kSide * kSide];
    copy_padded(rows, stride, height, width, padded);
    return pack_block(padded, kSide, height, kSide, words);
  }
  for (std::uint32_t left = 0; left < kSide; left += 16) {
    uint8x16_t eighths[8];  // byte c of eighths[g]: rows 8 g .. 8 g + 7 of column c
    for (std::uint32_t g = 0; g < 8; ++g) {
      const std::uint32_t present = 8 * g < height ? std::min(8U, height - 8 * g) : 0;
      eighths[g] = pack_eight(rows + left + static_cast<std::ptrdiff_t>(8 * g) * stride, stride, present);
    }
    // Interleave bytes, then pairs, then fours: eight bytes of one column come together.
    for (unsigned half = 0; half < 2; ++half) {
      uint16x8_t pairs[4];
      for (unsigned i = 0; i < 4; ++i) {
        const uint8x16_t a = eighths[2 * i];
        const uint8x16_t b = eighths[2 * i + 1];
        pairs[i] = vreinterpretq_u16_u8(half == 0 ? vzip1q_u8(a, b) : vzip2q_u8(a, b));
      }
      const uint32x4_t fours[4] = {
          vreinterpretq_u32_u16(vzip1q_u16(pairs[0], pairs[1])), vreinterpretq_u32_u16(vzip2q_u16(pairs[0], pairs[1])),
          vreinterpretq_u32_u16(vzip1q_u16(pairs[2], pairs[3])), vreinterpretq_u32_u16(vzip2q_u16(pairs[2], pairs[3]))};
      std::uint64_t* const to = words + left + 8 * half;
      for (unsigned k = 0; k < 2; ++k) {
        vst1q_u64(to + 4 * k, vreinterpretq_u64_u32(vzip1q_u32(fours[k], fours[2 + k])));
        vst1q_u64(to + 4 * k + 2, vreinterpretq_u64_u32(vzip2q_u32(fours[k], fours[2 + k])));
      }
    }
  }
}

void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                std::uint64_t* words) noexcept {
  std::uint8_t padded[kSide] = {};
  for (std::uint32_t line = 0; line < count; ++line, lines += stride) {
    const std::uint8_t* bytes = lines;
    if (size < kSide) {
      std::memcpy(padded, lines, size);
      bytes = padded;
    }
    words[line] = mask_of(is_set(bytes), is_set(bytes + 16), is_set(bytes + 32), is_set(bytes + 48));
  }
}

std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                         std::uint32_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t word = words[i];
    // Mostly an edge or two.
    if (word == 0) continue;
    *out = at[i] + static_cast<std::uint32_t>(std::countr_zero(word));
    const std::uint64_t rest = word & (word - 1);
    if (rest == 0) {
      ++out;
      continue;
    }
    out[1] = at[i] + static_cast<std::uint32_t>(std::countr_zero(rest));
    if ((rest & (rest - 1)) == 0) {
      out += 2;
      continue;
    }
    const uint8x8_t counts = vcnt_u8(vcreate_u8(word));
    const std::uint64_t ends = vget_lane_u64(vreinterpret_u64_u8(counts), 0) * 0x0101010101010101ULL;
    std::uint32_t* to = out;
    for (unsigned eight = 0; eight < 64; eight += 8) {
      const uint16x8_t places = vmovl_u8(vld1_u8(kPlacesOfBits[word >> eight & 0xff].data()));
      const uint32x4_t base = vdupq_n_u32(at[i] + eight);
      vst1q_u32(to, vaddw_u16(base, vget_low_u16(places)));
      vst1q_u32(to + 4, vaddw_u16(base, vget_high_u16(places)));
      to = out + (ends >> eight & 0xff);
    }
    out = to;
  }
  return out;
}

}  // namespace shipedge::simd::neon

#endif
