#include <algorithm>
#include <cmath>

#include "shipedge/rectangle.hpp"

namespace shipedge {
namespace {

constexpr int kBits = 24;  // of a place below the pixel
constexpr int kWeightBits = 8;
constexpr std::uint32_t kOne = 1U << kWeightBits;

/// A place in a frame, in 2^-24 pixels; sums of them are exact, so that every machine cuts the same patch.
struct Place {
  std::int64_t x;
  std::int64_t y;

  Place operator+(const Place& other) const noexcept { return {x + other.x, y + other.y}; }
  Place operator*(std::int64_t times) const noexcept { return {x * times, y * times}; }
};

std::int64_t fixed(double pixels) noexcept { return std::llround(std::ldexp(pixels, kBits)); }

/// Strides of three neighbouring bytes for each pixel, as decoders give them: known when the loop is compiled.
struct Packed {
  static constexpr std::ptrdiff_t kColumn = kChannels;
  static constexpr std::ptrdiff_t kChannel = 1;

  explicit constexpr Packed(const FrameView& /*frame*/) noexcept {}
  [[nodiscard]] static constexpr std::ptrdiff_t column() noexcept { return kColumn; }
  [[nodiscard]] static constexpr std::ptrdiff_t channel() noexcept { return kChannel; }
};

struct Strided {
  std::ptrdiff_t column_stride;
  std::ptrdiff_t channel_stride;

  explicit Strided(const FrameView& frame) noexcept
      : column_stride(frame.column_stride), channel_stride(frame.channel_stride) {}
  [[nodiscard]] std::ptrdiff_t column() const noexcept { return column_stride; }
  [[nodiscard]] std::ptrdiff_t channel() const noexcept { return channel_stride; }
};

template <class Strides>
void cut(const FrameView& frame, Place first, Place right, Place down, std::uint8_t* out) noexcept {
  const Strides strides(frame);
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
      std::ptrdiff_t to_right = strides.column();
      std::ptrdiff_t to_lower = frame.row_stride;
      std::int64_t near_x = x;
      std::int64_t near_y = y;
      if (x < 0 || y < 0 || x >= last_column || y >= last_row) {
        near_x = std::clamp<std::int64_t>(x, 0, last_column);
        near_y = std::clamp<std::int64_t>(y, 0, last_row);
        to_right *= std::clamp<std::int64_t>(x + 1, 0, last_column) - near_x;
        to_lower *= std::clamp<std::int64_t>(y + 1, 0, last_row) - near_y;
      }
      const std::uint8_t* const first_channel = frame.data + near_y * frame.row_stride + near_x * strides.column();
      const std::uint32_t upper_left = (kOne - fx) * (kOne - fy);
      const std::uint32_t upper_right = fx * (kOne - fy);
      const std::uint32_t lower_left = (kOne - fx) * fy;
      const std::uint32_t lower_right = fx * fy;
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        const std::uint8_t* const from = first_channel + static_cast<std::ptrdiff_t>(channel) * strides.channel();
        const std::uint8_t* const below = from + to_lower;
        const std::uint32_t sum =
            from[0] * upper_left + from[to_right] * upper_right + below[0] * lower_left + below[to_right] * lower_right;
        *out++ = static_cast<std::uint8_t>((sum + kOne * kOne / 2) / (kOne * kOne));
      }
    }
  }
}

}  // namespace

void cut_patch(const FrameView& frame, const Rectangle& rectangle, std::uint8_t* out) {
  const auto& [x, y, length, width, angle] = rectangle;
  const double step = length / (kPatchWidth / 2);
  const double drop = width / (kPatchHeight / 2);
  const Place right{fixed(std::cos(angle) * step), fixed(std::sin(angle) * step)};
  const Place down{fixed(-std::sin(angle) * drop), fixed(std::cos(angle) * drop)};
  // From the middle of the rectangle half the patch back; rounded to the nearest weight by what is cut off below.
  const auto start = [](double middle, std::int64_t to_right, std::int64_t to_bottom) {
    constexpr std::int64_t kRound = std::int64_t{1} << (kBits - kWeightBits - 1);
    return fixed(middle - 0.5) - (to_right * (kPatchWidth - 1) + to_bottom * (kPatchHeight - 1)) / 2 + kRound;
  };
  const Place first{start(x, right.x, down.x), start(y, right.y, down.y)};
  if (frame.column_stride == Packed::kColumn && frame.channel_stride == Packed::kChannel) {
    cut<Packed>(frame, first, right, down, out);
  } else {
    cut<Strided>(frame, first, right, down, out);
  }
}

}  // namespace shipedge
