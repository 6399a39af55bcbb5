#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shipedge/buffer.hpp"
#include "shipedge/overlap.hpp"
#include "shipedge/rle.hpp"

/// PNG straight from runs: the pixels are never there. Rows are filtered by "up", which leaves of a mask only where its
/// runs begin and end; these bytes and the zeros between them are written as one deflate block with a fixed code that
/// was made for ships, and the checksums follow from the runs too.
///
/// Size: 41 + about 90 bytes, 2 bits for each 258 empty bytes of the image, 2 to 3 bytes for each run and row of a
/// ship; at worst (a random pattern) 4 bits for each pixel of 8 bits, 11 for each other byte.
namespace shipedge {

using ByteBuffer = Buffer<std::uint8_t>;

/// Sides of a PNG may have so many pixels.
constexpr std::uint32_t kMostPngSide = (1U << 31) - 1;

/// The ships of one image: their runs one after the other, and where each ship's end.
struct ShipRuns {
  Runs runs;
  std::span<const std::size_t> ends;

  [[nodiscard]] Runs ship(std::size_t k) const noexcept {
    const std::size_t begin = k == 0 ? 0 : ends[k - 1];
    return runs.subspan(begin, ends[k] - begin);
  }
};

/// Appends the mask of all ships as a grey PNG: 0 and 255 of 8 bits, or 0 and 1 of 1 bit. Throws FormatError where the
/// shape is none of a PNG.
void png_of_mask(const ShipRuns& ships, Shape shape, bool one_bit, ByteBuffer& png);

/// Appends a grey PNG in which ship k of the list has the value k, from 1: of 8 bits up to 255 ships, of 16 bits above.
/// A pixel of several ships has the value of one of them, by the rule. Throws FormatError where ships are more than
/// 65535, or overlap and the rule is kError.
void png_of_labels(const ShipRuns& ships, Shape shape, Overlap rule, ByteBuffer& png);

/// CRC-32 of ISO 3309, as PNG has it, of more bytes behind those that gave `crc` (0 for none).
std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t crc = 0) noexcept;

}  // namespace shipedge
