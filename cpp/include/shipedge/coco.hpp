#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shipedge/rle.hpp"

namespace shipedge {

/// COCO's uncompressed counts: background, ship, background, ... column-major, summing to the pixels.
std::vector<std::uint32_t> to_counts(const Rle& rle);

/// The mask of COCO's uncompressed counts; zero counts join their neighbours. Throws FormatError.
Rle from_counts(std::span<const std::int64_t> counts, Shape shape);

/// COCO's compressed counts. From the fourth on, a count is written as its difference to the count two places
/// before. A number is cut into groups of five bits of its two's complement, the lowest first and as many as its sign
/// needs; a group is one character, '0' + group, + 32 where another group of the same number follows.
std::string compress_counts(const Rle& rle);

/// The mask of COCO's compressed counts. Throws FormatError.
Rle from_compressed_counts(std::string_view text, Shape shape);

}  // namespace shipedge
