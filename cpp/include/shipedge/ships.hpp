#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/mask.hpp"
#include "shipedge/rle.hpp"

/// From what the models say of a frame to its ships.
namespace shipedge {

constexpr std::uint32_t kCell = 32;  // side of one presence cell, pixels

/// What the segmenter says of a part of the frame: probability * 256. It may have any size, and lie partly or wholly
/// outside of the frame.
struct Window {
  std::int64_t top = 0;  // |top| and |left| are at most 2^40
  std::int64_t left = 0;
  MaskView pixels;
};

/// What a component is, and as what it is shown. Values count from the level on, probability * 256.
struct ShipRules {
  std::uint8_t pixel = 128;     ///< pixels below are sea; those of 0 always are
  std::uint32_t min_area = 1;   ///< smaller components are dropped, pixels
  std::uint8_t core = 0;        ///< a component that falls apart from this level on is split; up to `pixel` none is
  bool fill_holes = false;      ///< pixels enclosed by a component belong to it, but for those of another one
  bool use_rectangles = false;  ///< a component that nearly is a rectangle is shown as one
};

/// A connected part of the frame that may be a ship.
struct ShipComponent {
  Rle outline;         ///< its pixels, or its rectangle; no two components of a frame share a pixel
  std::uint32_t area;  ///< of the component itself, pixels
  double score;        ///< its mean probability, 0..1
  std::uint8_t cell;   ///< the strongest presence cell that it touches
};

/// One (height, width) probability of the frame from windows, C order; zero where no window looked.
///
/// Where two windows overlap, each decides the half that is nearer to its own middle: there it sees more around a
/// pixel, while near its border a network guesses what lies beyond. The maximum of both would keep every false ship of
/// those borders, and their mean would let the half-seen pixels pull down a score that the other window had right. The
/// halves lie along the axis on which the windows are further apart.
void merge_windows(Shape frame, std::span<const Window> windows, std::uint8_t* out);

/// The 8-connected components of the merged probability, from left to right.
///
/// Works on full-height strips of columns that windows look at, so that memory follows these and not the frame. Only
/// copies of the windows are read, and each value once: what other threads write meanwhile makes other ships, no worse.
///
/// Args:
///   presence: one cell for each 32 x 32 pixels of the frame, the last ones perhaps cut by its border.
std::vector<ShipComponent> find_ships(Shape frame, const MaskView& presence, std::span<const Window> windows,
                                      const ShipRules& rules);

}  // namespace shipedge
