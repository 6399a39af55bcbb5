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

/// The nearest pixel: pixel i of n new ones is pixel floor((i + 1/2) * m / n) of m old ones, along each side.
Rle resize(const Rle& rle, Shape shape);

}  // namespace shipedge
