#pragma once

#include <cstdint>
#include <vector>

#include "shipedge/rle.hpp"

namespace shipedge {

enum class Connectivity : std::uint8_t { kFour = 4, kEight = 8 };

/// Connected parts of at least `min_area` pixels, ordered by their first pixel in column-major order.
std::vector<Rle> components(const Rle& rle, Connectivity connectivity, std::uint32_t min_area);

}  // namespace shipedge
