#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/rle.hpp"

/// Label Studio's brush masks: four values a pixel (red, green, blue, opacity), row by row, packed as bits. A header
/// says how many values there are, of how many bits, and how long the four kinds of lengths are; then runs of one value
/// and single values follow, each with the kind of its length, its length and its values.
namespace shipedge {

/// Pixels whose opacity is not 0. Throws FormatError.
Rle from_label_studio(std::span<const std::uint8_t> packed, Shape shape);

/// All four values of a pixel of the mask are 255. Throws FormatError for 2^30 pixels and more.
std::vector<std::uint8_t> to_label_studio(const Rle& rle);

}  // namespace shipedge
