#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "find_strips.hpp"
#include "portable.hpp"

/// Kernels::read_runs for machines that can move sixteen bytes by a table. The spaces of a stretch of text are counted
/// first, which tells where each quarter of its runs begins; the quarters are then read side by side, so that the
/// machine waits for no run to know where the next one begins.
namespace shipedge::simd {

constexpr std::size_t kStretch = 4096;  // bytes of text that are read together
constexpr std::size_t kWindow = 16;     // a run of two numbers of at most seven digits, with their spaces

/// Entry 16 a + b moves the numbers of a run, whose spaces stand at a and b, to the ends of two fields of eight bytes;
/// bytes in front of them become 0. Where a or b cannot be (32: there is none), all do, which makes a run of length 0.
alignas(16) constexpr auto kFieldsOfRun = [] {
  std::array<std::array<std::uint8_t, 16>, 16 * 32 + 33> table{};
  for (auto& entry : table) entry.fill(0x80);
  for (unsigned a = 1; a <= 7; ++a) {
    for (unsigned b = a + 2; b <= a + 8 && b < kWindow; ++b) {
      auto& entry = table[16 * a + b];
      for (unsigned i = 0; i < a; ++i) entry[8 - a + i] = static_cast<std::uint8_t>(i);
      for (unsigned i = a + 1; i < b; ++i) entry[16 - b + i] = static_cast<std::uint8_t>(i);
    }
  }
  return table;
}();

/// Where the spaces of a stretch of text are.
template <class Tier>
struct Spaces {
  std::uint64_t bits[kStretch / 64 + 1];    // and zeros behind them
  std::uint16_t before[kStretch / 64 + 1];  // how many there are before each block of 64

  /// Looks at so many bytes, 64 or more, up to a block with anything but digits and spaces. Returns the spaces found.
  SHIPEDGE_INLINE std::size_t find(const char* text, std::size_t size) noexcept {
    std::size_t count = 0;
    std::size_t block = 0;
    before[0] = 0;
    for (; 64 * (block + 1) <= size; ++block) {
      if (!Tier::find_spaces(text + 64 * block, bits[block])) return count;
      count += static_cast<std::size_t>(std::popcount(bits[block]));
      before[block + 1] = static_cast<std::uint16_t>(count);
    }
    if (const std::size_t rest = size % 64; rest != 0) {  // the last 64 bytes, which were seen in part
      if (!Tier::find_spaces(text + size - 64, bits[block])) return count;
      bits[block] >>= 64 - rest;
      count += static_cast<std::size_t>(std::popcount(bits[block]));
      before[++block] = static_cast<std::uint16_t>(count);
    }
    bits[block] = 0;
    return count;
  }
};

/// Where the two spaces of a run stand, from its beginning; 32 where there is none within sixteen bytes.
struct RunSpaces {
  std::uint32_t first;
  std::uint32_t second;

  /// Of the run at `at`, by a bit for each byte of the text: they are known before the text itself is loaded, and the
  /// next run waits for nothing else.
  SHIPEDGE_INLINE RunSpaces(const std::uint64_t* bits, std::size_t at) noexcept {
    std::uint32_t some = 0;
    std::memcpy(&some, reinterpret_cast<const char*>(bits) + at / 8, sizeof some);
    const std::uint32_t spaces = static_cast<std::uint16_t>(some >> at % 8);
    first = static_cast<std::uint32_t>(std::countr_zero(spaces));
    second = static_cast<std::uint32_t>(std::countr_zero(spaces & (spaces - 1)));
  }

  /// The entry of kFieldsOfRun.
  [[nodiscard]] SHIPEDGE_INLINE const std::uint8_t* fields() const noexcept {
    std::size_t entry = std::size_t{16} * first + second;
#ifdef __GNUC__
    __asm__("" : "+r"(entry));  // aarch64 multiplies by 16 as it loads, unless the compiler has done so before
#endif
    return kFieldsOfRun[entry].data();
  }
};

/// The last runs of a text: the portable loop looks at sixteen bytes, and they are no longer there.
inline std::size_t read_last(TextCursor& cursor, Run* out) noexcept {
  std::size_t found = portable::read_runs(cursor, out);
  const auto left = static_cast<std::size_t>(cursor.end - cursor.at);
  if (left == 0 || left >= 2 * kWindow) return found;
  char copy[3 * kWindow + 1] = {};
  std::memcpy(copy, cursor.at, left);
  copy[left] = ' ';
  TextCursor rest{copy, copy + sizeof copy, cursor.next, cursor.limit};
  found += portable::read_runs(rest, out + found);
  cursor.at += std::min(static_cast<std::size_t>(rest.at - copy), left);
  cursor.next = rest.next;
  return found;
}

/// `Tier` has
///   find_spaces(text, bits): where the spaces of 64 bytes are; false where there is anything but digits and spaces;
///   find_bit(bits, number): the place of the set bit with so many others below it;
///   read_four(text, spaces, begins, count, floor, out): reads `count` runs from each of four places in the text, those
///     of place i to out + i * count; false where one of them is not sound;
///   read_others(cursor, out): another version of read_runs, for what these leave.
template <class Tier>
SHIPEDGE_INLINE std::size_t read_runs_in_four(TextCursor& cursor, Run* const out) noexcept {
  constexpr std::uint64_t kLargest = 1U << 30;  // no sum of two numbers comes near
  Run* at = out;
  Spaces<Tier> spaces;
  bool is_short = true;
  while (true) {
    const char* const text = cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - text);
    is_short = left < 64 + kWindow;
    if (is_short) break;
    // Sixteen bytes from the beginning of each run are readable.
    const std::size_t each = spaces.find(text, std::min(left - kWindow, kStretch)) / 8;
    if (each == 0) break;
    std::size_t block = 0;
    const auto start_of = [&](std::size_t run) {
      while (spaces.before[block + 1] < 2 * run) ++block;
      return 64 * block + Tier::find_bit(spaces.bits[block], 2 * run - spaces.before[block] - 1) + 1;
    };
    const std::size_t begins[4] = {0, start_of(each), start_of(2 * each), start_of(3 * each)};
    const std::uint64_t floor = cursor.next == 1 ? 0 : cursor.next;  // a run that touches the last is not ours to join
    bool sound =
        floor <= kLargest && Tier::read_four(text, spaces.bits, begins, each, static_cast<std::uint32_t>(floor), at);
    for (std::size_t i = 1; i < 4 && sound; ++i) sound = at[i * each].start > at[i * each - 1].end();
    if (!sound) break;
    const std::uint64_t next = std::uint64_t{at[4 * each - 1].end()} + 1;
    if (next > cursor.limit) break;
    cursor.next = next;
    cursor.at = text + start_of(4 * each);
    at += 4 * each;
  }
  at += is_short ? read_last(cursor, at) : Tier::read_others(cursor, at);
  return static_cast<std::size_t>(at - out);
}

}  // namespace shipedge::simd
