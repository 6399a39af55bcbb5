#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shipedge/frame.hpp"
#include "shipedge/rle.hpp"
#include "shipedge/set_ops.hpp"

/// The geometry of a last look at every ship: turned level and magnified, so that a small network can correct it.
namespace shipedge {

/// A rectangle, turned as it may be: pixels, (0, 0) at the corner of the first one.
struct Rectangle {
  double x = 0;  ///< of the middle
  double y = 0;
  double length = 0;
  double width = 0;
  double angle = 0;  ///< from the x axis towards the y axis, radians
};

/// Places are at most this far out, and sides as long, so that sums of them stay in 64 bits.
constexpr double kFarthest = 68719476736.0;  // 2^36

/// The rectangle of the smallest area around the middles of a mask's pixels, half a pixel more on every side; the mask
/// is not empty. It is at least as long as wide, its angle from -90 to below 90 degrees. Of rectangles that are equally
/// small it is the first that one meets on the way around the convex hull, clockwise from its leftmost pixel.
Rectangle smallest_rectangle(const Rle& mask);

/// The pixels whose middle lies in the rectangle, without what is outside of the mask's shape.
Rle outline_of(const Rectangle& rectangle, Shape shape);

constexpr std::uint32_t kPatchHeight = 64;
constexpr std::uint32_t kPatchWidth = 128;
constexpr std::size_t kChannels = 3;
constexpr std::size_t kPatchBytes = std::size_t{kPatchHeight} * kPatchWidth * kChannels;

/// What the refiner sees of a frame: the rectangle level in the middle of the patch, half as long and wide as it.
/// Values are interpolated between the four nearest pixels, their places rounded to 1/256 pixel; beyond the frame its
/// border is repeated. The frame has pixels. The frame has pixels.
void cut_patch(const FrameView& frame, const Rectangle& rectangle, std::uint8_t* out);

/// What a refiner says of a patch, 0..1 each: shift along and across, length, width and angle. 0.5 changes nothing.
using Correction = std::array<double, 5>;

/// Largest correction: of the place in lengths and widths, of both as a natural logarithm, of the angle by how many
/// widths the ends of the ship move aside.
constexpr double kReach = 0.75;

/// The rectangle as the refiner wants it.
Rectangle corrected(const Rectangle& rectangle, const Correction& said);

/// Outlines that share no pixel, in the order of the ships; empty for a piece of what another one has become.
///
/// Of two that would share pixels the larger has them. A ship that would have less than half of its outline left keeps
/// the one it came with, and where that is no better it was the same ship, taken apart.
///
/// Args:
///   refined: the better outlines.
///   before: those that the ships came with, as many and of the same shape.
std::vector<Rle> separate(Masks refined, Masks before);

}  // namespace shipedge
