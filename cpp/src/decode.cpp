#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "shipedge/kernels.hpp"
#include "shipedge/mask.hpp"

namespace shipedge {
namespace {

using simd::kSide;

constexpr std::uint32_t kSmallArea = 64;              // up to here single stores are cheaper than tiles
constexpr std::size_t kLarge = std::size_t{8} << 20;  // bytes that no cache keeps; kernels know how to go around it
constexpr std::uint32_t kTallest = 1U << 20;          // taller masks would need too large a table of toggles

/// Paints 64 columns at once: where a run begins or ends its column's bit toggles, and the exclusive-or
/// of all toggles above a row is the row.
class TilePainter {
 public:
  /// `toggles` has height + 1 words, all zero; paint() leaves them so.
  TilePainter(Shape shape, std::uint8_t* out, std::uint64_t* toggles) noexcept
      : shape_(shape), out_(out), toggles_(toggles), top_(shape.height) {}

  void paint(Runs runs) noexcept {
    const std::uint32_t height = shape_.height;
    const Run* run = runs.data();
    const Run* const last = run + runs.size();
    ColumnCursor at;
    while (run != last) {
      const std::uint32_t top = at.seek(run->start, height);
      const std::uint32_t origin = at.origin;
      const std::uint32_t bottom = origin + height;
      open(at.column);
      const std::uint64_t bit = std::uint64_t{1} << at.column % kSide;
      top_ = std::min(top_, top);
      std::uint32_t end = 0;
      for (; run != last && run->end() <= bottom; ++run) {  // all that lies inside this column
        end = run->end() - origin;
        toggles_[run->start - origin] ^= bit;
        toggles_[end] ^= bit;
      }
      bottom_ = std::max(bottom_, end);
      if (run != last && run->start < bottom) {
        add(at.column, run->start - origin, height);
        spill(at.column + 1, run->end() - bottom);
        ++run;
      }
    }
    flush();
  }

 private:
  /// The rest of a run that leaves its column: whole columns, then the top of one.
  void spill(std::uint32_t column, std::uint32_t left) noexcept {
    for (; left > shape_.height; left -= shape_.height) add(column++, 0, shape_.height);
    add(column, 0, left);
  }

  void add(std::uint32_t column, std::uint32_t top, std::uint32_t bottom) noexcept {
    open(column);
    const std::uint64_t bit = std::uint64_t{1} << column % kSide;
    toggles_[top] ^= bit;
    toggles_[bottom] ^= bit;
    top_ = std::min(top_, top);
    bottom_ = std::max(bottom_, bottom);
  }

  void open(std::uint32_t column) noexcept {
    if (column / kSide == tile_) return;
    flush();
    tile_ = column / kSide;
  }

  void flush() noexcept {
    if (bottom_ == 0) return;
    const std::uint32_t left = tile_ * kSide;
    const std::uint32_t columns = shape_.width - left;
    simd::best().paint_rows(toggles_ + top_, bottom_ - top_, out_ + std::size_t{top_} * shape_.width + left,
                            shape_.width, columns >= kSide ? ~std::uint64_t{0} : (std::uint64_t{1} << columns) - 1);
    toggles_[bottom_] = 0;
    top_ = shape_.height;
    bottom_ = 0;
  }

  Shape shape_;
  std::uint8_t* out_;
  std::uint64_t* toggles_;
  std::uint32_t tile_ = 0;
  std::uint32_t top_;
  std::uint32_t bottom_ = 0;
};

/// Whether so few pixels are set that single stores are cheaper than tiles.
bool is_small(Runs runs) noexcept {
  if (runs.size() > kSmallArea) return false;
  std::uint32_t area = 0;
  for (const Run& run : runs) area = std::min(area, kSmallArea) + run.length;
  return area <= kSmallArea;
}

}  // namespace

void clear(std::uint8_t* out, std::size_t size) noexcept {
  // A mask that this thread has just cleared is still in its cache, where plain stores are fastest. Anywhere else they
  // would first fetch what they overwrite, and the C library knows ways around that.
  thread_local const std::uint8_t* last = nullptr;
  if (std::exchange(last, out) == out || size > kLarge) {
    simd::best().clear(out, size);
  } else {
    std::memset(out, 0, size);
  }
}

void paint(Runs runs, Shape shape, std::uint8_t* out) {
  if (shape.height <= 1 || shape.width <= 1) return paint_row_major(runs, out);
  const std::size_t width = shape.width;
  if (shape.height > kTallest || is_small(runs)) {
    for_each_segment(runs, shape.height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
      std::uint8_t* pixel = out + top * width + column;
      for (std::uint32_t y = top; y < bottom; ++y, pixel += width) *pixel = 1;
    });
    return;
  }
  thread_local std::vector<std::uint64_t> toggles;  // all zero between calls
  if (toggles.size() <= shape.height) toggles.resize(std::size_t{shape.height} + 1);
  TilePainter(shape, out, toggles.data()).paint(runs);
}

void erase(Runs runs, Shape shape, std::uint8_t* out) noexcept {
  if (shape.height <= 1 || shape.width <= 1) {
    for (const Run& run : runs) std::memset(out + run.start, 0, run.length);
    return;
  }
  // The box around what falls into the same 64 columns: a few stores a row instead of one a pixel.
  const std::size_t width = shape.width;
  Box box;
  const auto wipe = [&] {
    std::uint8_t* row = out + box.top * width + box.left;
    for (std::uint32_t y = box.top; y < box.bottom; ++y, row += width) std::memset(row, 0, box.right - box.left);
  };
  for_each_segment(runs, shape.height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    if (box.bottom == 0 || column / kSide != box.left / kSide) {
      wipe();
      box = {column, top, column + 1, bottom};
    } else {
      box = {std::min(box.left, column), std::min(box.top, top), std::max(box.right, column + 1),
             std::max(box.bottom, bottom)};
    }
  });
  wipe();
}

void paint_row_major(Runs runs, std::uint8_t* out) {
  for (const Run& run : runs) std::memset(out + run.start, 1, run.length);
}

void fill(const Rle& rle, std::byte* out, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride,
          std::span<const std::byte> pixel) noexcept {
  for_each_segment(rle.runs(), rle.shape().height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    std::byte* at =
        out + static_cast<std::ptrdiff_t>(column) * column_stride + static_cast<std::ptrdiff_t>(top) * row_stride;
    for (std::uint32_t y = top; y < bottom; ++y, at += row_stride) std::memcpy(at, pixel.data(), pixel.size());
  });
}

template <class T>
double sum_under(const Rle& rle, const std::byte* values, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride) {
  double sum = 0;
  for_each_segment(rle.runs(), rle.shape().height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    const std::byte* at =
        values + static_cast<std::ptrdiff_t>(column) * column_stride + static_cast<std::ptrdiff_t>(top) * row_stride;
    for (std::uint32_t y = top; y < bottom; ++y, at += row_stride) {
      T value;
      std::memcpy(&value, at, sizeof value);  // NumPy views need not be aligned
      sum += static_cast<double>(value);
    }
  });
  return sum;
}

template double sum_under<std::uint8_t>(const Rle&, const std::byte*, std::ptrdiff_t, std::ptrdiff_t);
template double sum_under<float>(const Rle&, const std::byte*, std::ptrdiff_t, std::ptrdiff_t);

}  // namespace shipedge
