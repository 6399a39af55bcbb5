#include "neon.hpp"

#ifdef SHIPEDGE_HAS_NEON

#include <arm_acle.h>

#include <array>
#include <bit>
#include <cstring>

#include "portable.hpp"
#include "specials.hpp"

#ifdef __linux__
#include <sys/auxv.h>
#endif

namespace shipedge::simd::neon {

bool has_crc32() noexcept {
#if defined(__ARM_FEATURE_CRC32)
  return true;
#elif defined(__linux__)
  constexpr unsigned long kCrc32 = 1UL << 7;  // HWCAP_CRC32
  return (getauxval(AT_HWCAP) & kCrc32) != 0;
#else
  return false;
#endif
}

#ifdef __clang__
__attribute__((target("crc")))
#else
__attribute__((target("+crc")))
#endif
std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept {
  for (; size >= 8; data += 8, size -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, 8);
    sum = __crc32d(sum, word);
  }
  for (; size != 0; ++data, --size) sum = __crc32b(sum, *data);
  return sum;
}

/// 0xff for what run lists are made of, digits and spaces and a few signs beside them, by the byte less 0x20.
alignas(16) static constexpr auto kNumeric = [] {
  std::array<std::uint8_t, 32> table{};
  for (unsigned i = 0; i < 32; ++i) table[i] = special(static_cast<int>(0x20 + i)) != 0 ? 0 : 0xff;
  return table;
}();

/// Most blocks lie inside a run list, and two instructions for sixteen bytes tell that.
std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) noexcept {
  const uint8x16_t lower = vld1q_u8(kHalves.lower.data());
  const uint8x16_t upper = vld1q_u8(kHalves.upper.data());
  const uint8x16x2_t numeric = {{vld1q_u8(kNumeric.data()), vld1q_u8(kNumeric.data() + 16)}};
  const uint8x16_t half = vdupq_n_u8(0x0f);
  const uint8x16_t space = vdupq_n_u8(0x20);
  std::uint32_t* at = out;
  for (std::size_t block = 0; block < count; ++block, blocks += kBlock, base += kBlock) {
    uint8x16_t bytes[4];
    uint8x16_t plain[4];
    for (unsigned part = 0; part < 4; ++part) {
      bytes[part] = vld1q_u8(reinterpret_cast<const std::uint8_t*>(blocks) + 16 * part);
      plain[part] = vqtbl2q_u8(numeric, vsubq_u8(bytes[part], space));
    }
    const uint8x16_t all = vandq_u8(vandq_u8(plain[0], plain[1]), vandq_u8(plain[2], plain[3]));
    if (vminvq_u8(all) != 0) continue;
    uint8x16_t found[4];
    for (unsigned part = 0; part < 4; ++part) {
      found[part] =
          vtstq_u8(vqtbl1q_u8(lower, vandq_u8(bytes[part], half)), vqtbl1q_u8(upper, vshrq_n_u8(bytes[part], 4)));
    }
    for (std::uint64_t bits = mask_of(found[0], found[1], found[2], found[3]); bits != 0; bits &= bits - 1) {
      *at++ = base + static_cast<std::uint32_t>(std::countr_zero(bits));
    }
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace shipedge::simd::neon

#endif
