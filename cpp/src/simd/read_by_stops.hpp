#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "find_strips.hpp"
#include "shipedge/kernels.hpp"

/// Kernels::read_runs for machines that move bytes by a table: first the places where the numbers of some text stop,
/// then four runs at a time.
namespace shipedge::simd {

constexpr std::size_t kTextChunk = 4096;  // bytes of text whose numbers are located before they are read
constexpr unsigned kMostDigits = 7;       // of a number; a run then fits in sixteen bytes with its spaces

/// Entry 8 a + b moves a number of a digits, a space and one of b digits to the ends of two fields of eight bytes; bytes
/// in front of them become 0.
alignas(16) constexpr auto kFieldsOfRun = [] {
  std::array<std::array<std::uint8_t, 16>, 64> table{};
  for (unsigned a = 0; a < 8; ++a) {
    for (unsigned b = 0; b < 8; ++b) {
      auto& entry = table[8 * a + b];
      entry.fill(0x80);
      for (unsigned i = 0; i < a; ++i) entry[8 - a + i] = static_cast<std::uint8_t>(i);
      for (unsigned i = 0; i < b; ++i) entry[16 - b + i] = static_cast<std::uint8_t>(a + 1 + i);
    }
  }
  return table;
}();

/// `Reader` has
///   locate_stops(text, size, stops): offsets of the spaces in a text, up to anything but digits and spaces; returns
///     their end and whether the text ended first. It may touch 16 offsets behind the last one;
///   read(text, stops, count, out): the runs of `count` numbers, at most eight, that stop at stops[0], stops[1], ...;
///     stops[-1] is one before the first. Sixteen bytes from each run's beginning are readable, and so are eight stops.
///     Writes four runs; false where it cannot vouch for those that count.
template <class Reader>
SHIPEDGE_INLINE std::size_t read_runs_by_stops(Reader& reader, TextCursor& cursor, Run* const out) noexcept {
  std::uint16_t room[1 + kTextChunk + 1 + 16];
  room[0] = 0xffff;  // the first number starts one behind offset -1
  std::uint16_t* const stops = room + 1;
  Run* at = out;
  for (bool more = cursor.at != cursor.end; more;) {
    const char* const text = cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - text);
    const bool is_last = left <= kTextChunk;
    const std::size_t size = std::min(left, kTextChunk);
    const auto [end, whole] = Reader::locate_stops(text, size, stops);
    auto located = static_cast<std::size_t>(end - stops);
    if (is_last && whole && text[size - 1] != ' ') stops[located++] = static_cast<std::uint16_t>(size);
    std::size_t done = 0;
    bool sound = true;
    const auto start_of = [&](std::size_t number) { return static_cast<std::uint16_t>(room[number] + 1); };
    while (done + 8 <= located && start_of(done + 6) + std::size_t{16} <= left) {
      sound = reader.read(text, stops + done, 8, at);
      if (!sound) break;
      done += 8;
      at += 4;
    }
    // The last runs of the text, with more text behind them; those of a chunk are left to the next one.
    while (is_last && sound && done + 2 <= located) {
      char copy[4 * 16 + 16] = {};
      const std::size_t start = start_of(done);
      std::memcpy(copy, text + start, std::min(left - start, std::size_t{64}));
      const std::size_t count = std::min<std::size_t>(8, located - done) & ~std::size_t{1};
      std::uint16_t copied[1 + 8];
      copied[0] = 0xffff;
      for (std::size_t i = 0; i < 8; ++i) {
        copied[1 + i] = static_cast<std::uint16_t>(i < count ? stops[done + i] - start : copied[i] + 2);
      }
      Run four[4];
      sound = reader.read(copy, copied + 1, static_cast<unsigned>(count), four);
      if (!sound) break;
      std::memcpy(at, four, count / 2 * sizeof(Run));
      done += count;
      at += count / 2;
    }
    if (done != 0) cursor.at = std::min(text + start_of(done), cursor.end);
    more = !is_last && sound && done != 0;
  }
  if (at != out) cursor.next = std::uint64_t{at[-1].end()} + 1;
  return static_cast<std::size_t>(at - out);
}

}  // namespace shipedge::simd
