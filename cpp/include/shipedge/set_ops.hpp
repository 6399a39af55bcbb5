#pragma once

#include <cstddef>
#include <span>

#include "shipedge/rle.hpp"

/// Set operations on masks of one shape. None unfolds a run: memory and time follow the runs.
namespace shipedge {

using Masks = std::span<const Rle* const>;

/// Pixels in any of the masks.
Rle unite(Masks masks, Shape shape);

/// Pixels in all of the masks: every pixel where there are none.
Rle intersect(Masks masks, Shape shape);

/// Pixels in an odd number of the masks.
Rle exclusive_or(Masks masks, Shape shape);

/// Pixels in `votes` or more of the masks.
Rle at_least(Masks masks, std::size_t votes, Shape shape);

/// Pixels of `a` that are not in `b`.
Rle subtract(const Rle& a, const Rle& b);

/// Pixels that are not in the mask.
Rle complement(const Rle& rle);

}  // namespace shipedge
