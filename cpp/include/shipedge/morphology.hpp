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

/// The mask and its holes of at most so many pixels: connected parts of the background that do not reach the border of
/// the image.
Rle fill_holes(const Rle& rle, Connectivity of_background, std::uint32_t max_area = ~std::uint32_t{0});

/// Pixels of the mask at most `distance` rows and columns from what is not of it; nothing outside of the image is.
Rle boundary(const Rle& rle, std::uint32_t distance);

/// The distance of the Boundary IoU: so large a share of the image's diagonal, rounded, at least one pixel.
std::uint32_t boundary_distance(Shape shape, double share) noexcept;

}  // namespace shipedge
