#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "shipedge/rle.hpp"
#include "shipedge/ships.hpp"

/// The steps of find_ships.
namespace shipedge {

/// Columns [left, right) of the frame, and the windows that look at them.
struct Strip {
  std::uint32_t left;
  std::uint32_t right;
  std::vector<Window> windows;

  [[nodiscard]] std::uint32_t width() const noexcept { return right - left; }
};

/// Windows grouped into ranges of columns that do not touch, from left to right; those that see nothing are left out.
std::vector<Strip> strips_of(Shape frame, std::span<const Window> windows);

/// The merged probability of a strip: (frame.height, strip.width()), C order.
void merge_strip(Shape frame, const Strip& strip, std::uint8_t* out);

/// A component cut where it falls apart at the level `core` into cores of `min_area` pixels: every pixel goes to the
/// core that has the nearest pixel, by the exact Euclidean distance; of equally near ones the pixel that is further
/// left counts, then the upper one. What is not connected then are pieces of their own; those under `min_area` are
/// dropped.
///
/// Args:
///   probability: of the whole shape of the component, C order.
std::vector<Rle> split(const Rle& component, const std::uint8_t* probability, std::uint8_t core,
                       std::uint32_t min_area);

/// Gives each component its holes, but for what is `ship` in them: a boat in a dock stays what it is. A hole inside of
/// several components belongs to the one with the smallest box.
void fill(std::span<Rle> components, const Rle& ship);

/// The rectangle that a component is most of; nothing where it is nothing like one, or no pixel of it has its middle
/// inside.
std::optional<Rle> fitted_rectangle(const Rle& component);

/// As what components are shown: each as its rectangle where it has one, without pixels of another component or of a
/// rectangle before it.
///
/// Args:
///   taken: working memory, one byte for each pixel of their shape, all zero.
std::vector<Rle> rectangles(std::span<const Rle> components, std::uint8_t* taken);

}  // namespace shipedge
