#include <algorithm>
#include <vector>

#include "shipedge/frame.hpp"

namespace shipedge {

void halve(const FrameView& frame, std::uint8_t* out) {
  constexpr std::size_t kColors = 3;
  const std::size_t width = frame.shape.width;
  const std::size_t whole = width / 2;
  std::vector<std::uint16_t> sums(width * kColors + kColors);
  for (std::uint32_t row = 0; row < frame.shape.height; row += std::min(2U, frame.shape.height - row)) {
    const std::uint8_t* const upper = frame.data + static_cast<std::ptrdiff_t>(row) * frame.row_stride;
    const std::uint8_t* const lower = row + 1 < frame.shape.height ? upper + frame.row_stride : upper;
    for (std::size_t i = 0; i < width * kColors; ++i) sums[i] = static_cast<std::uint16_t>(upper[i] + lower[i]);
    if (width % 2 != 0) std::copy_n(&sums[(width - 1) * kColors], kColors, &sums[width * kColors]);
    const std::uint16_t* sum = sums.data();
    for (std::size_t column = 0; column < whole + width % 2; ++column, sum += 2 * kColors) {
      for (std::size_t color = 0; color < kColors; ++color) {
        *out++ = static_cast<std::uint8_t>((sum[color] + sum[color + kColors] + 2) / 4);
      }
    }
  }
}

}  // namespace shipedge
