#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "shipedge/rle.hpp"

/// The loops that all the speed comes from, in one version for every machine and faster ones for some.
namespace shipedge::simd {

constexpr std::uint32_t kSide = 64;  // columns of a tile and rows of a block: one machine word of bits

/// Text that is being read: each number is at least `next`, in 1-based positions, up to `limit`.
struct TextCursor {
  const char* at;
  const char* end;
  std::uint64_t next;   // first position behind the last run; 1 at first
  std::uint64_t limit;  // pixels + 1
};

/// One set of loops. All of them compute the same; only their speed differs.
struct Kernels {
  const char* name;  // as SHIPEDGE_KERNELS has it

  /// Sets `size` bytes to zero.
  void (*clear)(std::uint8_t* out, std::size_t size) noexcept;

  /// Reads runs as long as they are plain: numbers of at most seven digits, one space between them, each run behind
  /// the last one without touching it, all inside the limit. Moves the cursor and returns how many runs were written.
  /// What it leaves may be right too; the caller looks at the next run with every check.
  std::size_t (*read_runs)(TextCursor& cursor, Run* out) noexcept;

  /// Writes "start length " for each run, 1-based, and returns the end; may touch 64 bytes behind it.
  char* (*write_runs)(Runs runs, char* out) noexcept;

  /// Sets pixels of up to 64 columns to 1. `toggles` has a word per row, bit c set where column c changes from the
  /// row above; it is left zero. `columns` has a bit for each column that exists.
  void (*paint_rows)(std::uint64_t* toggles, std::size_t rows, std::uint8_t* out, std::size_t stride,
                     std::uint64_t columns) noexcept;

  /// found[i] = whether anything is set in columns 64 i .. 64 i + 63 of these rows; `width` bytes of each are read.
  void (*find_strips)(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::size_t width,
                      std::uint8_t* found) noexcept;

  /// Up to 64 x 64 pixels, contiguous along the rows -> 64 words: bit r of word c is row r of column c.
  void (*pack_block)(const std::uint8_t* rows, std::ptrdiff_t stride, std::uint32_t height, std::uint32_t width,
                     std::uint64_t* words) noexcept;

  /// The same pixels, contiguous along the columns: bit r of word c is byte r of line c.
  void (*pack_lines)(const std::uint8_t* lines, std::ptrdiff_t stride, std::uint32_t count, std::uint32_t size,
                     std::uint64_t* words) noexcept;

  /// Writes at[i] + b for each set bit b of words[i], in order, and returns the end; may touch 64 numbers behind it.
  std::uint32_t* (*list_bits)(const std::uint64_t* words, const std::uint32_t* at, std::size_t count,
                              std::uint32_t* out) noexcept;

  /// The register of CRC-32 (not inverted) after more bytes.
  std::uint32_t (*crc32)(const std::uint8_t* data, std::size_t size, std::uint32_t sum) noexcept;

  /// Writes the positions (from `base` on) of the special bytes of whole 64-byte blocks to `out`, returns their number.
  /// Special is every byte that is not plain in a name or a run list of a CSV file: controls, "," and the signs below
  /// it (a quote among them) but for the space, "/", ":", "\\", and all but ASCII. May touch 16 numbers behind the end.
  std::size_t (*find_specials)(const char* blocks, std::size_t count, std::uint32_t base, std::uint32_t* out) noexcept;
};

/// The tiers that run on this machine, each faster than the one before it. The first, "portable", is standard C++.
std::span<const Kernels* const> tiers() noexcept;

/// The tier in use: the fastest, or the one that SHIPEDGE_KERNELS names in the environment of the process.
/// Throws std::invalid_argument, in words, where that one is unknown or not of this machine.
const Kernels& best();

/// From now on the tier of that name is in use; for benchmarks and tests. Throws as best() does.
void use(std::string_view name);

}  // namespace shipedge::simd
