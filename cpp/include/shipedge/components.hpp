#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shipedge/buffer.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

enum class Connectivity : std::uint8_t { kFour = 4, kEight = 8 };

/// The connected parts of a mask, as pieces of one run list.
class Parts {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return spans_.size(); }
  [[nodiscard]] Runs operator[](std::size_t index) const noexcept {
    const Span& span = spans_.data()[index];
    return {runs_.data() + span.first, span.last - span.first};
  }

 private:
  struct Span {
    std::size_t first;
    std::size_t last;
  };

  friend Parts find_components(Runs runs, Shape shape, Connectivity connectivity, std::uint32_t min_area);

  RunBuffer runs_;
  Buffer<Span> spans_;
};

/// Connected parts of at least `min_area` pixels, ordered by their first pixel in column-major order. The work follows
/// the runs, not the size of the mask.
Parts find_components(Runs runs, Shape shape, Connectivity connectivity, std::uint32_t min_area);

/// The same as values.
std::vector<Rle> components(const Rle& rle, Connectivity connectivity, std::uint32_t min_area);

/// Those connected parts that reach the border of the image or have more than so many pixels, together.
Rle parts_at_border(const Rle& rle, Connectivity connectivity, std::uint32_t larger_than);

/// Those connected parts that have at least so many pixels, together.
Rle large_parts(const Rle& rle, Connectivity connectivity, std::uint32_t min_area);

/// The connected part with the most pixels; of equally large ones that of the first pixel.
Rle largest_part(const Rle& rle, Connectivity connectivity);

}  // namespace shipedge
