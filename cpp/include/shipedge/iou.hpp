#pragma once

#include <cstdint>
#include <span>

#include "shipedge/rle.hpp"

namespace shipedge {

/// Number of pixels in both run lists.
std::uint32_t intersection_area(Runs a, Runs b) noexcept;

/// Intersection over union; 0 where both masks are empty (no object matches no object).
double iou(const Rle& a, const Rle& b) noexcept;

/// out[i * columns.size() + j] = iou(rows[i], columns[j]); where crowd[j] is not 0, the intersection over the area of
/// rows[i] instead, as COCO counts what lies in a crowd. `crowd` may be empty: none is.
void iou_matrix(std::span<const Rle* const> rows, std::span<const Rle* const> columns,
                std::span<const std::uint8_t> crowd, double* out);

}  // namespace shipedge
