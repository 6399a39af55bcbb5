#pragma once

#include <cstdint>

#include "shipedge/rle.hpp"

/// Masks moved about. Time and memory follow the runs that go in and come out; more than kMostRuns are refused.
namespace shipedge {

/// What a window of this shape shows whose first pixel is (top, left); outside the mask there is nothing.
Rle window(const Rle& rle, std::int64_t top, std::int64_t left, Shape shape);

/// Upside down.
Rle flip_rows(const Rle& rle);

/// Left to right.
Rle flip_columns(const Rle& rle);

/// Turned counterclockwise by quarter turns.
Rle rotate(const Rle& rle, std::int64_t quarter_turns);

/// Which of m old pixels is nearest to pixel i of n new ones.
enum class Nearest : std::uint8_t {
  kMiddle,  ///< floor((i + 1/2) * m / n): the one that lies under its middle
  kCorner,  ///< floor(i * m / n), as OpenCV's INTER_NEAREST: the one under its upper left corner
};

/// The nearest pixel along each side.
Rle resize(const Rle& rle, Shape shape, Nearest nearest = Nearest::kMiddle);

/// Every so many rows and columns (1 or more), from the first ones on.
Rle every(const Rle& rle, std::uint32_t rows, std::uint32_t columns);

}  // namespace shipedge
