#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/rle.hpp"

/// Masks of one object that was found several times, as where tiles overlap.
namespace shipedge {

/// What an intersection is divided by.
enum class OverlapOf : std::uint8_t {
  kUnion,    ///< the union: IoU
  kSmaller,  ///< the smaller mask: 1 where one lies in the other
};

/// Which pairs of masks are one object: those that overlap by more than `threshold`.
struct Duplicates {
  double threshold = 0.5;
  OverlapOf of = OverlapOf::kUnion;
  std::span<const std::int64_t> classes;  ///< only masks of one class are compared; empty: all are of one
};

/// Non-maximum suppression: positions in the order of `order`, without those whose mask is one object with that of a
/// position that was kept before. `order` holds positions of `masks`, which are of one shape.
std::vector<std::size_t> suppressed(std::span<const Rle* const> masks, std::span<const std::size_t> order,
                                    const Duplicates& rule);

/// The object that each mask is of, 0, 1, ... by the first mask of each. Of three in a row that overlap one by one all
/// are one object.
std::vector<std::size_t> object_of(std::span<const Rle* const> masks, const Duplicates& rule);

}  // namespace shipedge
