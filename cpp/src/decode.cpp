#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "shipedge/mask.hpp"

namespace shipedge {
namespace {

constexpr std::uint32_t kTile = 64;           // columns painted together: one machine word of toggles per row
constexpr std::uint32_t kSmallArea = 1024;    // up to here single stores are cheaper than tiles
constexpr std::uint32_t kTallest = 1U << 20;  // taller masks would need too large a table of toggles

/// Byte b of entry i is bit b of i.
constexpr auto kBytesOfBits = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    for (unsigned b = 0; b < 8; ++b) table[i][b] = static_cast<std::uint8_t>(i >> b & 1);
  }
  return table;
}();

/// Sets out[c] to 1 for every set bit c.
void set_bits(std::uint8_t* out, std::uint64_t bits) noexcept {
  for (unsigned group = 0; group < 8; ++group) {
    const auto& bytes = kBytesOfBits[bits >> (8 * group) & 0xff];
    std::uint64_t word = 0;
    std::uint64_t ones = 0;
    std::memcpy(&word, out + std::size_t{8} * group, 8);
    std::memcpy(&ones, bytes.data(), 8);
    word |= ones;
    std::memcpy(out + std::size_t{8} * group, &word, 8);
  }
}

/// Paints 64 columns at once: where a run begins or ends its column's bit toggles, and the exclusive-or
/// of all toggles above a row is the row.
class TilePainter {
 public:
  /// `toggles` has height + 1 words, all zero; flush() leaves them so.
  TilePainter(Shape shape, std::uint8_t* out, std::uint64_t* toggles) noexcept
      : shape_(shape), out_(out), toggles_(toggles), top_(shape.height) {}

  void add(std::uint32_t column, std::uint32_t top, std::uint32_t bottom) noexcept {
    if (column / kTile != tile_) {
      flush();
      tile_ = column / kTile;
    }
    const std::uint64_t bit = std::uint64_t{1} << column % kTile;
    toggles_[top] ^= bit;
    toggles_[bottom] ^= bit;
    top_ = top < top_ ? top : top_;
    bottom_ = bottom > bottom_ ? bottom : bottom_;
  }

  void flush() noexcept {
    const std::uint32_t left = tile_ * kTile;
    const bool whole = shape_.width - left >= kTile;
    std::uint8_t* row = out_ + std::size_t{top_} * shape_.width + left;
    std::uint64_t bits = 0;
    for (std::uint32_t y = top_; y < bottom_; ++y, row += shape_.width) {
      bits ^= toggles_[y];
      toggles_[y] = 0;
      if (whole) {
        if (bits != 0) set_bits(row, bits);
      } else {
        for (std::uint64_t rest = bits; rest != 0; rest &= rest - 1) row[std::countr_zero(rest)] = 1;
      }
    }
    if (bottom_ != 0) toggles_[bottom_] = 0;
    top_ = shape_.height;
    bottom_ = 0;
  }

 private:
  Shape shape_;
  std::uint8_t* out_;
  std::uint64_t* toggles_;
  std::uint32_t tile_ = 0;
  std::uint32_t top_;
  std::uint32_t bottom_ = 0;
};

}  // namespace

void paint(Runs runs, Shape shape, std::uint8_t* out) {
  if (shape.height <= 1 || shape.width <= 1) return paint_row_major(runs, out);
  std::uint32_t area = 0;
  for (const Run& run : runs) area += run.length;
  const std::size_t width = shape.width;
  if (area <= kSmallArea || shape.height > kTallest) {
    for_each_segment(runs, shape.height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
      std::uint8_t* pixel = out + top * width + column;
      for (std::uint32_t y = top; y < bottom; ++y, pixel += width) *pixel = 1;
    });
    return;
  }
  thread_local std::vector<std::uint64_t> toggles;  // all zero between calls
  if (toggles.size() <= shape.height) toggles.resize(std::size_t{shape.height} + 1);
  TilePainter painter(shape, out, toggles.data());
  for_each_segment(runs, shape.height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    painter.add(column, top, bottom);
  });
  painter.flush();
}

void paint_row_major(Runs runs, std::uint8_t* out) {
  for (const Run& run : runs) std::memset(out + run.start, 1, run.length);
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
