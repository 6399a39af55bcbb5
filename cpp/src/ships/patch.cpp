#include <algorithm>
#include <cmath>

#include "shipedge/rectangle.hpp"

namespace shipedge {
namespace {

constexpr int kBits = 24;  // of a place below the pixel
constexpr int kWeightBits = 8;
constexpr std::uint32_t kOne = 1U << kWeightBits;
constexpr std::ptrdiff_t kPixel = kChannels;  // bytes

/// A place in a frame, in 2^-24 pixels; sums of them are exact, so that every machine cuts the same patch.
struct Place {
  std::int64_t x;
  std::int64_t y;

  Place operator+(const Place& other) const noexcept { return {x + other.x, y + other.y}; }
  Place operator*(std::int64_t times) const noexcept { return {x * times, y * times}; }
};

std::int64_t fixed(double pixels) noexcept { return std::llround(std::ldexp(pixels, kBits)); }

}  // namespace

void cut_patch(const FrameView& frame, const Rectangle& rectangle, std::uint8_t* out) {
  const double angle = rectangle.angle;
  const double step = rectangle.length / (kPatchWidth / 2);
  const double drop = rectangle.width / (kPatchHeight / 2);
  const Place right{fixed(std::cos(angle) * step), fixed(std::sin(angle) * step)};
  const Place down{fixed(-std::sin(angle) * drop), fixed(std::cos(angle) * drop)};
  // From the middle of the rectangle half the patch back; rounded to the nearest weight by what is cut off below.
  const auto start = [](double middle, std::int64_t to_right, std::int64_t to_bottom) {
    constexpr std::int64_t kRound = std::int64_t{1} << (kBits - kWeightBits - 1);
    return fixed(middle - 0.5) - (to_right * (kPatchWidth - 1) + to_bottom * (kPatchHeight - 1)) / 2 + kRound;
  };
  const Place first{start(rectangle.x, right.x, down.x), start(rectangle.y, right.y, down.y)};
  const std::int64_t last_row = std::int64_t{frame.shape.height} - 1;
  const std::int64_t last_column = std::int64_t{frame.shape.width} - 1;
  constexpr int kShift = kBits - kWeightBits;
  for (std::uint32_t row = 0; row < kPatchHeight; ++row) {
    Place at = first + down * row;
    for (std::uint32_t column = 0; column < kPatchWidth; ++column, at = at + right) {
      const std::int64_t x = at.x >> kBits;
      const std::int64_t y = at.y >> kBits;
      const auto fx = static_cast<std::uint32_t>(at.x >> kShift) & (kOne - 1);
      const auto fy = static_cast<std::uint32_t>(at.y >> kShift) & (kOne - 1);
      // The four pixels around the place, and the ways between them.
      const std::int64_t near_x = std::clamp<std::int64_t>(x, 0, last_column);
      const std::int64_t near_y = std::clamp<std::int64_t>(y, 0, last_row);
      const std::ptrdiff_t to_right = x == near_x && x < last_column ? kPixel : 0;
      const std::ptrdiff_t to_lower = y == near_y && y < last_row ? frame.row_stride : 0;
      const std::uint8_t* const from = frame.data + near_y * frame.row_stride + near_x * kPixel;
      const std::uint8_t* const below = from + to_lower;
      const std::uint32_t upper_left = (kOne - fx) * (kOne - fy);
      const std::uint32_t upper_right = fx * (kOne - fy);
      const std::uint32_t lower_left = (kOne - fx) * fy;
      const std::uint32_t lower_right = fx * fy;
      for (std::ptrdiff_t channel = 0; channel < kPixel; ++channel) {
        const std::uint32_t sum = from[channel] * upper_left + from[to_right + channel] * upper_right +
                                  below[channel] * lower_left + below[to_right + channel] * lower_right;
        *out++ = static_cast<std::uint8_t>((sum + kOne * kOne / 2) / (kOne * kOne));
      }
    }
  }
}

}  // namespace shipedge
