#pragma once

#include "shipedge/kernels.hpp"

// As in avx512.hpp, functions carry their instruction set as an attribute.
#if defined(__x86_64__) && defined(__GNUC__)
#define SHIPEDGE_HAS_AVX2

#include <immintrin.h>

#define SHIPEDGE_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))

/// AVX2 and what always comes with it: Intel since Haswell, AMD since Excavator; kernels.hpp says what each does.
namespace shipedge::simd::avx2 {

SHIPEDGE_AVX2 void clear(std::uint8_t* out, std::size_t size) noexcept;
SHIPEDGE_AVX2 std::size_t read_runs(TextCursor& cursor, Run* out) noexcept;
SHIPEDGE_AVX2 char* write_runs(Runs runs, char* out) noexcept;
SHIPEDGE_AVX2 void paint_rows(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                              std::uint64_t columns) noexcept;
SHIPEDGE_AVX2 void find_strips(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::size_t width,
                               std::uint8_t* found) noexcept;
SHIPEDGE_AVX2 void pack_block(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height,
                              std::uint32_t width, std::uint64_t* words) noexcept;
SHIPEDGE_AVX2 void pack_lines(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                              std::uint64_t* words) noexcept;
SHIPEDGE_AVX2 std::uint32_t* list_bits(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                                       std::uint32_t* out) noexcept;
SHIPEDGE_AVX2 std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept;
SHIPEDGE_AVX2 std::size_t find_specials(const char* blocks, std::size_t count, std::uint32_t base,
                                        std::uint32_t* out) noexcept;

SHIPEDGE_AVX2 inline __m256i load(const void* from) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

SHIPEDGE_AVX2 inline void store(void* to, __m256i value) noexcept {
  _mm256_storeu_si256(static_cast<__m256i*>(to), value);
}

/// A bit for each byte whose highest bit is set.
SHIPEDGE_AVX2 inline std::uint64_t mask_of(__m256i low, __m256i high) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
}

}  // namespace shipedge::simd::avx2

#endif
