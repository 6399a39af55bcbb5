#include "neon.hpp"

#ifdef SHIPEDGE_HAS_NEON

#include <algorithm>
#include <utility>

#include "bits.hpp"
#include "read_by_stops.hpp"

namespace shipedge::simd::neon {
namespace {

/// Four runs at a time, two in a register.
class RunReader {
 public:
  explicit RunReader(const TextCursor& cursor) noexcept
      // The first run may start at 1; one behind others must leave a gap, or it would have to be joined.
      : ends_(vdupq_n_u32(cursor.next == 1 ? 0 : clipped(cursor.next))), limit_(vdupq_n_u32(clipped(cursor.limit))) {}

  static std::pair<std::uint16_t*, bool> locate_stops(const char* text, std::size_t size,
                                                      std::uint16_t* stops) noexcept {
    for (std::size_t at = 0; at < size; at += 64) {
      char last[64];
      const char* block = text + at;
      if (size - at < 64) {
        std::memset(last, '0', 64);
        std::memcpy(last, block, size - at);
        block = last;
      }
      uint8x16_t is_space[4];
      uint8x16_t is_plain = vdupq_n_u8(0xff);
      uint8x16_t plain[4];
      for (unsigned part = 0; part < 4; ++part) {
        const uint8x16_t bytes = vld1q_u8(reinterpret_cast<const std::uint8_t*>(block) + 16 * part);
        is_space[part] = vceqq_u8(bytes, vdupq_n_u8(' '));
        const uint8x16_t is_digit = vcltq_u8(vsubq_u8(bytes, vdupq_n_u8('0')), vdupq_n_u8(10));
        plain[part] = vorrq_u8(is_digit, is_space[part]);
        is_plain = vandq_u8(is_plain, plain[part]);
      }
      std::uint64_t spaces = mask_of(is_space[0], is_space[1], is_space[2], is_space[3]);
      const bool ends_here = vminvq_u8(is_plain) == 0;
      if (ends_here) {
        const std::uint64_t other = ~mask_of(plain[0], plain[1], plain[2], plain[3]);
        spaces &= other ^ (other - 1);
      }
      // Eight characters at a time, by a table.
      const uint8x8_t counts = vcnt_u8(vcreate_u8(spaces));
      const std::uint64_t ends = vget_lane_u64(vreinterpret_u64_u8(counts), 0) * 0x0101010101010101ULL;
      std::uint16_t* to = stops;
      for (unsigned eight = 0; eight < 64; eight += 8) {
        const uint16x8_t base = vdupq_n_u16(static_cast<std::uint16_t>(at + eight));
        vst1q_u16(to, vaddw_u8(base, vld1_u8(kPlacesOfBits[spaces >> eight & 0xff].data())));
        to = stops + (ends >> eight & 0xff);
      }
      stops = to;
      if (ends_here) return {stops, false};
    }
    return {stops, true};
  }

  SHIPEDGE_INLINE bool read(const char* text, const std::uint16_t* stops, unsigned count, Run* out) noexcept {
    const uint16x8_t before = vld1q_u16(stops - 1);
    const uint16x8_t digits = vsubq_u16(vsubq_u16(vld1q_u16(stops), before), vdupq_n_u16(1));
    if (vmaxvq_u16(digits) > kMostDigits) return false;
    // Where a run's table is: 16 bytes for each of 8 a + b.
    const uint32x4_t tables =
        vpaddlq_u16(vmulq_u16(digits, vreinterpretq_u16_u32(vdupq_n_u32(16U << 16 | 128U))));
    const auto* const first = reinterpret_cast<const std::uint8_t*>(text);
    const auto start_of = [&](unsigned number) { return first + static_cast<std::uint16_t>(stops[-1 + static_cast<int>(number)] + 1); };
    const uint32x4_t low = numbers(fields(start_of(0), vgetq_lane_u32(tables, 0)),
                                   fields(start_of(2), vgetq_lane_u32(tables, 1)));
    const uint32x4_t high = numbers(fields(start_of(4), vgetq_lane_u32(tables, 2)),
                                    fields(start_of(6), vgetq_lane_u32(tables, 3)));
    const uint32x4_t low_ends = vaddq_u32(low, vrev64q_u32(low));
    const uint32x4_t high_ends = vaddq_u32(high, vrev64q_u32(high));
    // A start lies behind the end of the run before it, a length is over 0 (no number has no digits: spaces stand
    // alone), an end inside the mask.
    const uint32x4_t starts = vreinterpretq_u32_u64(vdupq_n_u64(0xffffffff));
    uint32x4_t low_sound = vandq_u32(vcgtq_u32(low, vandq_u32(vextq_u32(ends_, low_ends, 2), starts)),
                                     vcleq_u32(low_ends, limit_));
    uint32x4_t high_sound = vandq_u32(vcgtq_u32(high, vandq_u32(vextq_u32(low_ends, high_ends, 2), starts)),
                                      vcleq_u32(high_ends, limit_));
    if (count < 8) {  // the rest need not be sound
      const uint32x4_t places = {0, 1, 2, 3};
      low_sound = vorrq_u32(low_sound, vcgeq_u32(places, vdupq_n_u32(count)));
      high_sound = vorrq_u32(high_sound, vcgeq_u32(vaddq_u32(places, vdupq_n_u32(4)), vdupq_n_u32(count)));
    }
    if (vminvq_u32(vandq_u32(low_sound, high_sound)) == 0) return false;
    auto* const to = reinterpret_cast<std::uint32_t*>(out);
    vst1q_u32(to, vaddq_u32(low, starts));  // starts count from 0
    vst1q_u32(to + 4, vaddq_u32(high, starts));
    ends_ = high_ends;
    return true;
  }

 private:
  static std::uint32_t clipped(std::uint64_t value) noexcept {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, 0xffffffffU));
  }

  /// Of a run: values of four digits of each number, the first two in a field of eight bytes.
  static uint32x4_t fields(const std::uint8_t* text, std::uint32_t table) noexcept {
    const uint8x16_t places = vld1q_u8(reinterpret_cast<const std::uint8_t*>(kFieldsOfRun.data()) + table);
    const uint8x16_t values = vandq_u8(vqtbl1q_u8(vld1q_u8(text), places), vdupq_n_u8(0x0f));
    const uint16x8_t tens = vshrq_n_u16(vmulq_n_u16(vreinterpretq_u16_u8(values), 10 << 8 | 1), 8);
    return vshrq_n_u32(vmulq_n_u32(vreinterpretq_u32_u16(tens), 100 << 16 | 1), 16);
  }

  static uint32x4_t numbers(uint32x4_t a, uint32x4_t b) noexcept {
    return vmlaq_n_u32(vuzp2q_u32(a, b), vuzp1q_u32(a, b), 10000);
  }

  uint32x4_t ends_;  // the first position behind the last run, in the third lane
  uint32x4_t limit_;
};

}  // namespace

std::size_t read_runs(TextCursor& cursor, Run* out) noexcept {
  RunReader reader(cursor);
  return read_runs_by_stops(reader, cursor, out);
}

}  // namespace shipedge::simd::neon

#endif
