#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "shipedge/mask.hpp"
#include "shipedge/text.hpp"

/// The slow truth, pixel by pixel, and masks to compare with it.
namespace reference {

using shipedge::Rle;
using shipedge::Run;
using shipedge::Shape;

/// A mask in its own exactly sized memory, so that the sanitizers see every byte read beyond it.
struct Mask {
  Shape shape;
  std::vector<std::uint8_t> pixels;  // C order

  [[nodiscard]] bool at(std::uint32_t row, std::uint32_t column) const {
    return pixels[std::size_t{row} * shape.width + column] != 0;
  }
  [[nodiscard]] shipedge::MaskView view() const {
    return {pixels.data(), shape, static_cast<std::ptrdiff_t>(shape.width), 1};
  }
};

inline Mask random_mask(std::mt19937& random, Shape shape, double density) {
  Mask mask{shape, std::vector<std::uint8_t>(shape.pixels())};
  std::bernoulli_distribution set(density);
  std::uniform_int_distribution<int> value(1, 255);
  for (auto& pixel : mask.pixels) pixel = static_cast<std::uint8_t>(set(random) ? value(random) : 0);
  return mask;
}

inline std::vector<Run> runs(const Mask& mask) {
  std::vector<Run> found;
  bool before = false;
  std::uint32_t position = 0;
  for (std::uint32_t column = 0; column < mask.shape.width; ++column) {
    for (std::uint32_t row = 0; row < mask.shape.height; ++row, ++position) {
      const bool now = mask.at(row, column);
      if (now && !before) found.push_back({position, 0});
      if (now) ++found.back().length;
      before = now;
    }
  }
  return found;
}

inline Mask transposed(const Mask& mask) {
  Mask turned{mask.shape.transposed(), std::vector<std::uint8_t>(mask.pixels.size())};
  for (std::uint32_t row = 0; row < mask.shape.height; ++row) {
    for (std::uint32_t column = 0; column < mask.shape.width; ++column) {
      turned.pixels[std::size_t{column} * mask.shape.height + row] =
          mask.pixels[std::size_t{row} * mask.shape.width + column];
    }
  }
  return turned;
}

inline std::string text(const std::vector<Run>& runs) {
  std::string made;
  for (const Run& run : runs) {
    if (!made.empty()) made += ' ';
    made += std::to_string(run.start + 1) + ' ' + std::to_string(run.length);
  }
  return made;
}

inline std::vector<Run> encoded(const shipedge::MaskView& view) {
  shipedge::RunBuffer buffer;
  shipedge::encode(view, buffer);
  return {buffer.begin(), buffer.end()};
}

/// Parses from memory of exactly the text's size, without a zero behind it.
inline std::vector<Run> parsed(std::string_view text, Shape shape) {
  const std::vector<char> exact(text.begin(), text.end());
  shipedge::RunBuffer buffer;
  shipedge::parse_airbus({exact.data(), exact.size()}, shape, buffer);
  return {buffer.begin(), buffer.end()};
}

inline Rle rle(const Mask& mask) { return Rle::trusted(mask.shape, runs(mask)); }

inline Mask painted(const Rle& rle) {
  Mask mask{rle.shape(), std::vector<std::uint8_t>(rle.shape().pixels())};
  shipedge::paint(rle.runs(), rle.shape(), mask.pixels.data());
  return mask;
}

}  // namespace reference
