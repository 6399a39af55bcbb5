#pragma once

#include <cstdint>

#include "shipedge/components.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

/// Pixels with a pixel of the mask at most `rows` above or below and `columns` left or right of them: the rectangle
/// of (2 rows + 1, 2 columns + 1) around each. Time follows the runs times the logarithm of `columns`.
Rle dilate(const Rle& rle, std::uint32_t rows, std::uint32_t columns);

/// Pixels whose whole rectangle is in the mask, where what lies outside the image does not count against them.
Rle erode(const Rle& rle, std::uint32_t rows, std::uint32_t columns);

/// The mask and its holes: connected parts of the background that do not reach the border of the image.
Rle fill_holes(const Rle& rle, Connectivity of_background);

}  // namespace shipedge
