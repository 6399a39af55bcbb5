#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/buffer.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

/// Someone else's pixels, one byte each, any strides (bytes, negative too); non-zero means ship.
struct MaskView {
  const std::uint8_t* data = nullptr;
  Shape shape;
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 0;

  [[nodiscard]] MaskView transposed() const noexcept { return {data, shape.transposed(), column_stride, row_stride}; }
};

/// Appends the column-major runs of a mask.
void encode(const MaskView& mask, RunBuffer& runs);

/// Sets `size` pixels to 0.
void clear(std::uint8_t* out, std::size_t size) noexcept;

/// Sets the runs' pixels of a C-order (height, width) mask to 1 and leaves the others alone.
void paint(Runs runs, Shape shape, std::uint8_t* out);

/// Sets at least the runs' pixels to 0, in any order of runs, and others between them too: for masks in which nothing
/// but these runs is set.
void erase(Runs runs, Shape shape, std::uint8_t* out) noexcept;

/// Sets the runs of row-major positions to 1: one fill each.
void paint_row_major(Runs runs, std::uint8_t* out);

/// Writes `size` bytes, those of one pixel, into each pixel of the mask; strides in bytes.
void fill(const Rle& rle, std::byte* out, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride,
          std::span<const std::byte> pixel) noexcept;

/// Sum of the values under the mask; strides in bytes. T is std::uint8_t or float.
template <class T>
double sum_under(const Rle& rle, const std::byte* values, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride);

}  // namespace shipedge
