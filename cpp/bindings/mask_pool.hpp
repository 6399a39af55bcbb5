#pragma once

#include <pybind11/numpy.h>

#include "shipedge/rle.hpp"

namespace shipedge {

/// A new array whose memory comes back to be used again.
struct PooledMask {
  pybind11::array array;  // (height, width) uint8, C order, each mask aligned to a cache line
  std::uint8_t* pixels;
  bool is_clear;  // whether all pixels are known to be 0; otherwise they are anything
};

/// Fresh memory costs ten times what a mask costs to paint: the system hands out one zeroed page after the other, at
/// first touch. So masks of 64 KiB and more that Python lets go of are kept for the next one, up to 32 MiB in all, and
/// where there is none, zeroed pages are asked for and those that stay sea are never touched.
PooledMask new_mask(Shape shape);

}  // namespace shipedge
