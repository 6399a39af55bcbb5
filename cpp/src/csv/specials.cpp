#include <array>
#include <bit>
#include <cstring>

#include "scan.hpp"
#include "shipedge/kernels.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define SHIPEDGE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))
#endif

namespace shipedge::csv {
namespace {

constexpr std::size_t kBlock = 64;

/// Takes the flag that comes first in memory out of eight: its place.
std::uint32_t pop_first(std::uint64_t& flags) noexcept {
  constexpr bool kLittle = std::endian::native == std::endian::little;
  const auto bit = static_cast<std::uint32_t>(kLittle ? std::countr_zero(flags) : std::countl_zero(flags));
  flags ^= kLittle ? flags & (~flags + 1) : std::uint64_t{1} << (63 - bit);
  return bit / 8;
}

#ifdef __GNUC__
/// Sixteen bytes at once: what every 64-bit machine has, in the vector notation of GCC and Clang.
using Bytes = std::uint8_t __attribute__((vector_size(16)));
#else
using Bytes = std::uint8_t;
#endif
constexpr std::size_t kParts = kBlock / sizeof(Bytes);

/// Not zero where special: controls, "," and the signs below it (a quote among them), what leaves a folder, and all
/// but ASCII.
template <class T>
constexpr auto special(T c) noexcept {
  return ((c < '-') & (c != ' ')) | (c >= 0x7f) | (c == '/') | (c == ':') | (c == '\\');
}

std::size_t portable(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) {
  std::uint32_t* at = out;
  for (std::size_t block = 0; block < count; ++block, blocks += kBlock, base += kBlock) {
    Bytes bytes[kParts];
    std::memcpy(bytes, blocks, kBlock);
    for (Bytes& part : bytes) part = (Bytes)special(part);
    std::uint64_t words[kBlock / 8];
    std::memcpy(words, bytes, kBlock);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    if (any == 0) continue;
    for (std::uint32_t i = 0; i < kBlock; i += 8) {
      for (std::uint64_t flags = words[i / 8] & 0x0101010101010101ULL; flags != 0;) *at++ = base + i + pop_first(flags);
    }
  }
  return static_cast<std::size_t>(at - out);
}

#ifdef SHIPEDGE_AVX512
/// One byte per ASCII character, its highest bit set where special.
alignas(64) constexpr auto kSpecials = [] {
  std::array<std::uint8_t, 128> table{};
  for (int c = 0; c < 128; ++c) table[static_cast<std::size_t>(c)] = special(c) != 0 ? 0x80 : 0;
  return table;
}();

alignas(64) constexpr auto kPlaces = [] {
  std::array<std::uint8_t, kBlock> places{};
  for (std::size_t i = 0; i < kBlock; ++i) places[i] = static_cast<std::uint8_t>(i);
  return places;
}();

SHIPEDGE_AVX512 std::size_t avx512(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) {
  const __m512i low = _mm512_load_si512(kSpecials.data());
  const __m512i high = _mm512_load_si512(kSpecials.data() + 64);
  const __m512i places = _mm512_load_si512(kPlaces.data());
  std::uint32_t* at = out;
  for (std::size_t block = 0; block < count; ++block, blocks += kBlock, base += kBlock) {
    const __m512i bytes = _mm512_loadu_si512(blocks);
    const __m512i looked_up = _mm512_permutex2var_epi8(low, bytes, high);  // by the lower seven bits
    std::uint64_t found = _mm512_movepi8_mask(_mm512_or_si512(looked_up, bytes));
    // Sixteen positions at once, whether there are so many or none: a branch would often be guessed wrong.
    const __m128i first = _mm512_maskz_extracti32x4_epi32(0xf, _mm512_maskz_compress_epi8(found, places), 0);
    const __m512i positions =
        _mm512_add_epi32(_mm512_maskz_cvtepu8_epi32(0xffff, first), _mm512_set1_epi32(static_cast<int>(base)));
    _mm512_storeu_si512(at, positions);
    const auto number = static_cast<std::uint32_t>(std::popcount(found));
    if (number > 16) [[unlikely]] {
      for (std::uint32_t* next = at; found != 0; found &= found - 1) {
        *next++ = base + static_cast<std::uint32_t>(std::countr_zero(found));
      }
    }
    at += number;
  }
  return static_cast<std::size_t>(at - out);
}
#endif

}  // namespace

FindSpecials find_specials() {
#ifdef SHIPEDGE_AVX512
  if (!simd::keep_portable() && simd::avx512() != nullptr) return avx512;  // it asks for more than we do
#endif
  return portable;
}

}  // namespace shipedge::csv
