#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "parts.hpp"

namespace shipedge {
namespace {

/// Half-open ranges of rows and columns.
struct Area {
  std::int64_t top;
  std::int64_t left;
  std::int64_t bottom;
  std::int64_t right;

  [[nodiscard]] bool empty() const noexcept { return top >= bottom || left >= right; }
};

Area area_of(const Window& window) noexcept {
  return {window.top, window.left, window.top + window.pixels.shape.height, window.left + window.pixels.shape.width};
}

Area common(const Area& a, const Area& b) noexcept {
  return {std::max(a.top, b.top), std::max(a.left, b.left), std::min(a.bottom, b.bottom), std::min(a.right, b.right)};
}

/// The half of the overlap of two windows that is nearer to the other one; nothing where they do not meet.
Area far_half(const Window& window, const Window& other) noexcept {
  Area half = common(area_of(window), area_of(other));
  if (half.empty()) return half;
  if (std::abs(window.top - other.top) > std::abs(window.left - other.left)) {
    (other.top < window.top ? half.bottom : half.top) = (half.top + half.bottom) >> 1;
  } else {
    (other.left < window.left ? half.right : half.left) = (half.left + half.right) >> 1;
  }
  return half;
}

/// Copies columns [left, right) of a row of the frame.
void copy_row(const Window& window, std::int64_t row, std::int64_t left, std::int64_t right, std::uint8_t* out) {
  if (left >= right) return;
  const MaskView& from = window.pixels;
  const std::uint8_t* at = from.data + static_cast<std::ptrdiff_t>(row - window.top) * from.row_stride +
                           static_cast<std::ptrdiff_t>(left - window.left) * from.column_stride;
  const auto count = static_cast<std::size_t>(right - left);
  if (from.column_stride == 1) {
    std::memcpy(out, at, count);
  } else {
    for (std::size_t i = 0; i < count; ++i, at += from.column_stride) out[i] = *at;
  }
}

}  // namespace

std::vector<Strip> strips_of(Shape frame, std::span<const Window> windows) {
  const Area whole{0, 0, frame.height, frame.width};
  std::vector<Window> visible;
  std::ranges::copy_if(windows, std::back_inserter(visible),
                       [&](const Window& window) { return !common(area_of(window), whole).empty(); });
  std::ranges::stable_sort(visible, {}, [](const Window& window) { return std::pair(window.left, window.top); });
  std::vector<Strip> strips;
  for (const Window& window : visible) {
    const Area inside = common(area_of(window), whole);
    const auto left = static_cast<std::uint32_t>(inside.left);
    const auto right = static_cast<std::uint32_t>(inside.right);
    if (strips.empty() || left > strips.back().right) strips.push_back({left, right, {}});
    strips.back().right = std::max(strips.back().right, right);
    strips.back().windows.push_back(window);
  }
  return strips;
}

void merge_strip(Shape frame, const Strip& strip, std::uint8_t* out) {
  const Area whole{0, strip.left, frame.height, strip.right};
  std::fill_n(out, std::size_t{frame.height} * strip.width(), std::uint8_t{0});
  std::vector<Area> others;
  for (std::size_t i = 0; i < strip.windows.size(); ++i) {
    const Window& window = strip.windows[i];
    others.clear();
    for (std::size_t k = 0; k < i; ++k) {
      const Area half = far_half(window, strip.windows[k]);
      if (!half.empty()) others.push_back(half);
    }
    std::ranges::sort(others, {}, &Area::left);
    const Area inside = common(area_of(window), whole);
    for (std::int64_t row = inside.top; row < inside.bottom; ++row) {
      std::uint8_t* const line = out + static_cast<std::size_t>(row) * strip.width() - strip.left;
      std::int64_t next = inside.left;
      for (const Area& half : others) {
        if (row < half.top || row >= half.bottom) continue;
        copy_row(window, row, next, std::min(half.left, inside.right), line + next);
        next = std::max(next, half.right);
      }
      copy_row(window, row, next, inside.right, line + next);
    }
  }
}

void merge_windows(Shape frame, std::span<const Window> windows, std::uint8_t* out) {
  Strip all{0, frame.width, {}};
  for (Strip& strip : strips_of(frame, windows)) {
    all.windows.insert(all.windows.end(), strip.windows.begin(), strip.windows.end());
  }
  merge_strip(frame, all, out);
}

}  // namespace shipedge
