#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cleared.hpp"
#include "shipedge/buffer.hpp"
#include "shipedge/mask.hpp"
#include "shipedge/rle.hpp"

/// Noise has so many short runs that it costs less to unfold them into pixels, a byte each, than to go from run to run
/// and never be able to foresee which comes next.
namespace shipedge {

/// Whether masks with so many runs on average are such. Their pixels take at most twice the memory of their runs.
constexpr bool worth_unfolding(std::size_t runs, Shape shape) noexcept { return runs > shape.pixels() / 16; }

/// The pixels, 0 and 1, in the place of what was in `pixels`.
inline MaskView unfold(const Rle& rle, Buffer<std::uint8_t>& pixels) {
  const Shape shape = rle.shape();
  pixels.clear();
  std::fill_n(pixels.reserve(shape.pixels()), shape.pixels(), std::uint8_t{0});
  pixels.grow(shape.pixels());
  paint(rle.runs(), shape, pixels.data());
  return {pixels.data(), shape, static_cast<std::ptrdiff_t>(shape.width), 1};
}

/// The runs of pixels as a value.
inline Rle encoded(const MaskView& mask) {
  thread_local RunBuffer runs;
  const Cleared around(runs);
  encode(mask, runs);
  return Rle::trusted(mask.shape, {runs.begin(), runs.end()});
}

}  // namespace shipedge
