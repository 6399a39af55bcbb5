#include <algorithm>
#include <utility>
#include <vector>

#include "../cleared.hpp"
#include "parts.hpp"
#include "shipedge/buffer.hpp"
#include "shipedge/components.hpp"

namespace shipedge {
namespace {

using Bytes = Buffer<std::uint8_t>;

std::uint8_t* of_size(Bytes& bytes, std::size_t size) {
  bytes.clear();
  std::uint8_t* const data = bytes.reserve(size);
  bytes.grow(size);
  return data;
}

/// The strongest cell that pixels touch; they lie `left` columns further right in the frame.
std::uint8_t strongest_cell(const Rle& component, std::uint32_t left, const MaskView& presence) {
  std::uint8_t strongest = 0;
  for_each_segment(
      component.runs(), component.shape().height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
        const auto across = static_cast<std::ptrdiff_t>((left + column) / kCell);
        for (std::uint32_t cell = top / kCell; cell <= (bottom - 1) / kCell; ++cell) {
          const std::uint8_t value =
              presence.data[static_cast<std::ptrdiff_t>(cell) * presence.row_stride + across * presence.column_stride];
          strongest = std::max(strongest, value);
        }
      });
  return strongest;
}

/// What is in a strip, in the coordinates of the strip.
std::vector<Rle> components_of(const std::uint8_t* probability, std::uint8_t* mask, Shape shape,
                               const ShipRules& rules) {
  const std::uint8_t level = std::max<std::uint8_t>(rules.pixel, 1);
  const std::size_t pixels = shape.pixels();
  for (std::size_t i = 0; i < pixels; ++i) mask[i] = probability[i] >= level ? 1 : 0;
  thread_local RunBuffer runs;
  const Cleared around(runs);
  encode({mask, shape, static_cast<std::ptrdiff_t>(shape.width), 1}, runs);
  const Rle ship = Rle::trusted(shape, {runs.begin(), runs.end()});
  erase(ship.runs(), shape, mask);
  std::vector<Rle> found = components(ship, Connectivity::kEight, rules.min_area);
  if (rules.core > level) {
    std::vector<Rle> pieces;
    for (const Rle& component : found) {
      for (Rle& piece : split(component, probability, rules.core, rules.min_area)) pieces.push_back(std::move(piece));
    }
    found = std::move(pieces);
  }
  if (rules.fill_holes) fill(found, ship);
  return found;
}

/// The same pixels so many columns further right in a wider mask.
Rle moved(const Rle& rle, std::uint32_t left, Shape shape) {
  std::vector<Run> runs(rle.runs().begin(), rle.runs().end());
  for (Run& run : runs) run.start += left * shape.height;
  return Rle::trusted(shape, std::move(runs));
}

}  // namespace

std::vector<ShipComponent> find_ships(Shape frame, const MaskView& presence, std::span<const Window> windows,
                                      const ShipRules& rules) {
  thread_local Bytes merged;
  thread_local Bytes working;
  const Cleared around(merged, working);
  std::vector<ShipComponent> ships;
  for (const Strip& strip : strips_of(frame, windows)) {
    const Shape shape{frame.height, strip.width()};
    std::uint8_t* const probability = of_size(merged, shape.pixels());
    std::uint8_t* const mask = of_size(working, shape.pixels());
    merge_strip(frame, strip, probability);
    const std::vector<Rle> found = components_of(probability, mask, shape, rules);  // leaves the mask all zero
    const std::vector<Rle> shown = rules.use_rectangles ? rectangles(found, mask) : found;
    const auto* const values = reinterpret_cast<const std::byte*>(probability);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::uint32_t area = found[i].area();
      const double sum = sum_under<std::uint8_t>(found[i], values, static_cast<std::ptrdiff_t>(shape.width), 1);
      ships.push_back(
          {moved(shown[i], strip.left, frame), area, sum / area / 256, strongest_cell(found[i], strip.left, presence)});
    }
  }
  return ships;
}

}  // namespace shipedge
