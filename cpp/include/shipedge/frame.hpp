#pragma once

#include <cstddef>
#include <cstdint>

#include "shipedge/rle.hpp"

namespace shipedge {

/// The pixels of a frame: rows of `shape.width` times red, green and blue.
struct FrameView {
  const std::uint8_t* data;
  Shape shape;
  std::ptrdiff_t row_stride;  // bytes from one row to the next
};

/// The shape of a frame at half size: sides rounded up.
constexpr Shape half_of(Shape shape) noexcept {
  return {shape.height - shape.height / 2, shape.width - shape.width / 2};
}

/// Writes the frame at half size, (height, width, 3) without gaps: each pixel is the rounded mean of four. A last odd
/// row or column counts twice.
void halve(const FrameView& frame, std::uint8_t* out);

}  // namespace shipedge
