#pragma once

#include <cstdint>

#include "shipedge/rle.hpp"

/// How large a mask is, and how it lies.
namespace shipedge {

/// Mean place of pixels from the corner of a box, and how they spread about it: with the area of each pixel, 1 / 12.
struct Spread {
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  double yy = 0;

  /// Where the pixels spread furthest, radians from the x axis towards the y axis, from -pi / 2 to pi / 2.
  [[nodiscard]] double angle() const noexcept;
};

/// What one pixel has of its own in `xx` and `yy`.
constexpr double kPixelSpread = 1.0 / 12;

/// Of a mask that is not empty, whose box this is.
Spread spread_of(const Rle& mask, const Box& box);

/// Sides of pixels between the mask and what is not of it; the border of the image counts too.
std::uint64_t perimeter(const Rle& mask) noexcept;

}  // namespace shipedge
