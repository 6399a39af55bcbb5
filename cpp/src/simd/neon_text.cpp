#include "neon.hpp"

#ifdef SHIPEDGE_HAS_NEON

#include "read_four.hpp"

namespace shipedge::simd::neon {
namespace {

/// The values of the digits of the run at `at`, in fields of eight bytes; moves `at` behind it.
inline uint8x16_t next_run(const char* text, const std::uint64_t* spaces, std::size_t& at) noexcept {
  const RunSpaces run(spaces, at);
  const uint8x16_t window = vld1q_u8(reinterpret_cast<const std::uint8_t*>(text + at));
  at += run.second + 1;
  return vandq_u8(vqtbl1q_u8(window, vld1q_u8(run.fields())), vdupq_n_u8(0x0f));
}

/// Two digits of two runs each in a byte.
inline uint8x16_t twos(uint8x16_t a, uint8x16_t b) noexcept {
  constexpr std::uint16_t kTenAndOne = 10 << 8 | 1;  // the upper byte of a product is what two digits mean
  const uint8x8_t low = vshrn_n_u16(vmulq_n_u16(vreinterpretq_u16_u8(a), kTenAndOne), 8);
  return vshrn_high_n_u16(low, vmulq_n_u16(vreinterpretq_u16_u8(b), kTenAndOne), 8);
}

inline uint32x4_t ends_of(uint32x4_t numbers) noexcept { return vaddq_u32(numbers, vrev64q_u32(numbers)); }

struct Four {
  static bool find_spaces(const char* text, std::uint64_t& bits) noexcept {
    uint8x16_t is_space[4];
    uint8x16_t largest = vdupq_n_u8(0);  // of what is left of digits; spaces count as such
    for (unsigned part = 0; part < 4; ++part) {
      const uint8x16_t bytes = vld1q_u8(reinterpret_cast<const std::uint8_t*>(text) + 16 * part);
      is_space[part] = vceqq_u8(bytes, vdupq_n_u8(' '));
      largest = vmaxq_u8(largest, vbicq_u8(vsubq_u8(bytes, vdupq_n_u8('0')), is_space[part]));
    }
    bits = mask_of(is_space[0], is_space[1], is_space[2], is_space[3]);
    return vmaxvq_u8(largest) <= 9;
  }

  static unsigned find_bit(std::uint64_t bits, std::size_t number) noexcept {
    for (; number != 0; --number) bits &= bits - 1;
    return static_cast<unsigned>(std::countr_zero(bits));
  }

  static bool read_four(const char* text, const std::uint64_t* spaces, const std::size_t (&begins)[4],
                        std::size_t count, std::uint32_t floor, Run* const out) noexcept {
    const uint32x4_t starts = vreinterpretq_u32_u64(vdupq_n_u64(0xffffffff));
    const uint8x8_t hundred = vdup_n_u8(100);
    const uint16x8_t ten_thousand = vdupq_n_u16(10000);
    std::size_t at0 = begins[0];
    std::size_t at1 = begins[1];
    std::size_t at2 = begins[2];
    std::size_t at3 = begins[3];
    uint32x4_t ends01 = vsetq_lane_u32(floor, vdupq_n_u32(0), 0);
    uint32x4_t ends23 = vdupq_n_u32(0);
    for (std::size_t i = 0; i < count; ++i) {
      const uint8x16_t run0 = next_run(text, spaces, at0);
      const uint8x16_t run1 = next_run(text, spaces, at1);
      const uint8x16_t run2 = next_run(text, spaces, at2);
      const uint8x16_t run3 = next_run(text, spaces, at3);
      const uint8x16_t low = twos(run0, run1);
      const uint8x16_t high = twos(run2, run3);
      const uint8x16_t upper = vuzp1q_u8(low, high);
      const uint8x16_t lower = vuzp2q_u8(low, high);
      const uint16x8_t fours01 = vmlal_u8(vmovl_u8(vget_low_u8(lower)), vget_low_u8(upper), hundred);
      const uint16x8_t fours23 = vmlal_u8(vmovl_u8(vget_high_u8(lower)), vget_high_u8(upper), hundred);
      const uint16x8_t front = vuzp1q_u16(fours01, fours23);
      const uint16x8_t back = vuzp2q_u16(fours01, fours23);
      const uint32x4_t numbers01 =
          vmlal_u16(vmovl_u16(vget_low_u16(back)), vget_low_u16(front), vget_low_u16(ten_thousand));
      const uint32x4_t numbers23 = vmlal_high_u16(vmovl_high_u16(back), front, ten_thousand);
      // A start lies behind the end of the run before it, a length is over 0.
      const uint32x4_t sound =
          vandq_u32(vcgtq_u32(numbers01, vandq_u32(ends01, starts)), vcgtq_u32(numbers23, vandq_u32(ends23, starts)));
      if (vminvq_u32(sound) == 0) return false;
      ends01 = ends_of(numbers01);
      ends23 = ends_of(numbers23);
      auto* const to = reinterpret_cast<std::uint64_t*>(out + i);
      const uint64x2_t runs01 = vreinterpretq_u64_u32(vaddq_u32(numbers01, starts));  // starts count from 0
      const uint64x2_t runs23 = vreinterpretq_u64_u32(vaddq_u32(numbers23, starts));
      vst1q_lane_u64(to, runs01, 0);
      vst1q_lane_u64(to + count, runs01, 1);
      vst1q_lane_u64(to + 2 * count, runs23, 0);
      vst1q_lane_u64(to + 3 * count, runs23, 1);
    }
    return true;
  }

  static std::size_t read_others(TextCursor& cursor, Run* out) noexcept { return portable::read_runs(cursor, out); }
};

}  // namespace

std::size_t read_runs(TextCursor& cursor, Run* out) noexcept { return read_runs_in_four<Four>(cursor, out); }

/// Four runs at a time, as long as they are of ordinary size: each start becomes seven digits and a space in a field of
/// eight bytes, which is then shifted by its leading zeros; lengths are short enough for a table. Moves `run`.
static char* write_fours(const Run*& run, const Run* last, char* out) noexcept {
  const Run* at = run;
  for (; last - at >= 4; at += 4) {
    const uint32x4x2_t both = vld2q_u32(&at->start);
    const uint32x4_t starts = vaddq_u32(both.val[0], vdupq_n_u32(1));
    const uint32x4_t large =
        vorrq_u32(vcgtq_u32(starts, vdupq_n_u32(9999999)), vcgtq_u32(both.val[1], vdupq_n_u32(999)));
    if (vmaxvq_u32(large) != 0) break;
    // Times ten: the last of eight digits is 0, the place of the space. Divisions are by multiplication: 2^43 / 10^4,
    // 2^20 / 100 and 2^15 / 10, rounded up, are exact for what they divide.
    const int32x4_t times_ten = vreinterpretq_s32_u32(vmulq_n_u32(starts, 10));
    const int32x4_t upper = vshrq_n_s32(vqdmulhq_n_s32(times_ten, 879609303), 12);
    const int32x4_t lower = vmlsq_n_s32(times_ten, upper, 10000);
    const int32x4_t fours[2] = {vzip1q_s32(upper, lower), vzip2q_s32(upper, lower)};
    std::uint64_t digits[4];
    for (unsigned i = 0; i < 2; ++i) {
      const int16x8_t four = vreinterpretq_s16_s32(fours[i]);
      const int16x8_t hundreds = vshrq_n_s16(vqdmulhq_n_s16(four, 10486), 5);
      const int32x4_t rest = vreinterpretq_s32_s16(vmlsq_n_s16(four, hundreds, 100));
      const int16x8_t twos = vreinterpretq_s16_s32(vsliq_n_s32(vreinterpretq_s32_s16(hundreds), rest, 16));
      const int16x8_t tens = vqdmulhq_n_s16(twos, 3277);
      const uint64x2_t two = vreinterpretq_u64_s16(vsliq_n_s16(tens, vmlsq_n_s16(twos, tens, 10), 8));
      digits[2 * i] = vgetq_lane_u64(two, 0);
      digits[2 * i + 1] = vgetq_lane_u64(two, 1);
    }
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint64_t zeros = static_cast<unsigned>(std::countr_zero(digits[i])) & 0x38U;
      const std::uint64_t text = (digits[i] | 0x2030303030303030ULL) >> zeros;  // "0000000 "
      std::memcpy(out, &text, sizeof text);
      out = portable::write_short(at[i].length, out + (8 - zeros / 8));
    }
  }
  run = at;
  return out;
}

char* write_runs(Runs runs, char* out) noexcept {
  const Run* run = runs.data();
  const Run* const last = run + runs.size();
  for (out = write_fours(run, last, out); last - run >= 4; out = write_fours(run, last, out)) {
    out = portable::write_runs({run, 4}, out);  // an image of ten million pixels and more, or a thousand rows
    run += 4;
  }
  return portable::write_runs({run, last}, out);
}

}  // namespace shipedge::simd::neon

#endif
