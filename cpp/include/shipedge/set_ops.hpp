#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/rle.hpp"

namespace shipedge {

/// Pixels in any of the masks, which all have this shape.
Rle unite(std::span<const Rle* const> masks, Shape shape);

/// Number of pixels in both run lists.
std::uint32_t intersection_area(Runs a, Runs b) noexcept;

/// Intersection over union; 0 where both masks are empty (no object matches no object).
double iou(const Rle& a, const Rle& b) noexcept;

/// out[i * columns.size() + j] = iou(rows[i], columns[j]).
void iou_matrix(std::span<const Rle* const> rows, std::span<const Rle* const> columns, double* out);

}  // namespace shipedge
