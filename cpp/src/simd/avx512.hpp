#pragma once

#include "shipedge/kernels.hpp"

// Functions carry their instruction set as an attribute: the files themselves, and what they share with others through
// headers, are compiled for any machine.
#if defined(__x86_64__) && defined(__GNUC__)
#define SHIPEDGE_HAS_AVX512

#if !defined(__clang__)
// GCC's own header leaves the register undefined that its intrinsics overwrite, and then warns of it (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#define SHIPEDGE_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))

/// AVX-512 with its byte instructions (BW, VL, VBMI, VBMI2): Intel since Ice Lake, AMD since Zen 4; kernels.hpp says
/// what each does.
namespace shipedge::simd::avx512 {

SHIPEDGE_AVX512 void clear(std::uint8_t* out, std::size_t size) noexcept;
SHIPEDGE_AVX512 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept;
SHIPEDGE_AVX512 char* write_runs(Runs runs, char* out) noexcept;
SHIPEDGE_AVX512 void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                                std::uint64_t columns) noexcept;
SHIPEDGE_AVX512 void find_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                 std::size_t width, std::uint8_t* found) noexcept;
SHIPEDGE_AVX512 void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                                std::uint32_t width, std::uint64_t* words) noexcept;
SHIPEDGE_AVX512 void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count,
                                std::uint32_t size, std::uint64_t* words) noexcept;
SHIPEDGE_AVX512 std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                                         std::uint32_t* out) noexcept;
SHIPEDGE_AVX512 std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base,
                                          std::uint32_t* out) noexcept;

/// A bit for each of the first `count` lanes.
constexpr std::uint64_t low_bits(std::size_t count) noexcept {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// 0, 1, ... 63.
SHIPEDGE_AVX512 inline __m512i ascending_bytes() noexcept {
  const __m512i eight = _mm512_set1_epi64(0x0706050403020100LL);
  const __m512i groups =
      _mm512_set_epi64(0x3838383838383838LL, 0x3030303030303030LL, 0x2828282828282828LL, 0x2020202020202020LL,
                       0x1818181818181818LL, 0x1010101010101010LL, 0x0808080808080808LL, 0);
  return _mm512_add_epi8(eight, groups);
}

}  // namespace shipedge::simd::avx512

#endif
