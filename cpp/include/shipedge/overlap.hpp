#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/rle.hpp"

/// Whose a pixel is that several masks have.
namespace shipedge {

enum class Overlap : std::uint8_t {
  kError,   ///< nobody's: overlapping masks are refused
  kFirst,   ///< the first mask's of the list
  kLast,    ///< the last one's
  kLarger,  ///< that of the mask with more pixels; of equally large ones the first one's
};

/// A run that mask `owner` of a list has for itself.
struct OwnedRun {
  Run run;
  std::uint32_t owner;
};

/// How a sentence ends that refuses masks for kError.
constexpr char kOverlapHint[] =
    ", a label map cannot hold both: overlap (--overlap) first, last or larger says whose a pixel is";

/// Runs that share no pixel, by position: every pixel of any mask once, with the mask that has it by the rule, which is
/// not kError. The work follows the runs.
std::vector<OwnedRun> owned_runs(std::span<const Runs> masks, Overlap rule);

/// The same as one mask for each of the list, which all have this shape.
std::vector<Rle> without_overlaps(std::span<const Rle* const> masks, Shape shape, Overlap rule);

}  // namespace shipedge
