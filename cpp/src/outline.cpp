#include <algorithm>
#include <utility>

#include "shipedge/polygon.hpp"

namespace shipedge {
namespace {

/// A row at which a column changes between sea and ship: there lies a horizontal edge.
struct Change {
  std::uint32_t row;
  std::size_t begin;  // the corner at the left end of the edge, which may lie columns before
};

/// Follows the vertical lines between columns from left to right. Wherever sea and ship meet along a line is a vertical
/// edge; its two ends are corners, and from each a horizontal edge goes off. An edge is stored in walking direction:
/// edge k goes from corner 2k to corner 2k + 1.
class Tracer {
 public:
  /// Rows [top, bottom) of `count` columns from `left` on are ship; more than one column only where whole ones are.
  void add(std::uint32_t left, std::uint32_t count, std::uint32_t top, std::uint32_t bottom) {
    if (left != left_) advance(left);
    right_ = left + count;
    present_.push_back({top, 0});
    present_.push_back({bottom, 0});
  }

  Rings finish() {
    advance(right_ + std::uint64_t{1});
    Rings rings;
    rings.corners.reserve(corners_.size());
    std::vector<bool> done(next_.size());
    for (std::size_t first = 0; first < next_.size(); ++first) {
      if (done[first]) continue;
      for (std::size_t edge = first; !done[edge]; edge = next_[edge]) {
        done[edge] = true;
        rings.corners.push_back(corners_[2 * edge]);
        rings.corners.push_back(corners_[2 * edge + 1]);
      }
      rings.ends.push_back(rings.corners.size());
    }
    return rings;
  }

 private:
  /// Everything up to the column `left` is known.
  void advance(std::uint64_t left) {
    std::vector<Change> nothing;
    trace_line(left_, before_, present_);
    before_.swap(present_);
    present_.clear();
    if (left > right_) {
      trace_line(right_, before_, nothing);
      before_.clear();
    }
    left_ = static_cast<std::uint32_t>(left);
  }

  void trace_line(std::uint32_t x, const std::vector<Change>& lefts, std::vector<Change>& rights) {
    constexpr std::uint64_t kBelowAll = ~std::uint64_t{0};
    std::size_t i = 0;
    std::size_t j = 0;
    bool ship_left = false;
    bool ship_right = false;
    while (i < lefts.size() || j < rights.size()) {
      const std::uint64_t on_left = i < lefts.size() ? lefts[i].row : kBelowAll;
      const std::uint64_t on_right = j < rights.size() ? rights[j].row : kBelowAll;
      const Corner place{x, static_cast<std::uint32_t>(std::min(on_left, on_right))};
      const bool on_edge = ship_left != ship_right;
      if (on_left != on_right) {
        const bool is_left = on_left < on_right;
        bool& side = is_left ? ship_left : ship_right;
        side = !side;
        const std::size_t corner = on_edge ? end_edge(place) : begin_edge(place, ship_right);
        if (is_left) {
          join(lefts[i++].begin, corner);
        } else {
          rights[j++].begin = corner;
        }
        continue;
      }
      const bool upper_left = ship_left;
      ship_left = !ship_left;
      ship_right = !ship_right;
      if (!on_edge) {
        rights[j].begin = lefts[i].begin;  // the horizontal edge goes straight on
      } else {
        // Two ships touch at this corner, or two seas. They are one ship, so the ring turns off around the sea.
        const std::size_t upper = end_edge(place);
        const std::size_t lower = begin_edge(place, ship_right);
        join(lefts[i].begin, upper_left ? lower : upper);
        rights[j].begin = upper_left ? upper : lower;
      }
      ++i;
      ++j;
    }
  }

  /// The upper corner of a new vertical edge. With the ship on its right side the way goes up, else down.
  std::size_t begin_edge(Corner place, bool ship_right) {
    const std::size_t upper = corners_.size() + (ship_right ? 1 : 0);
    corners_.resize(corners_.size() + 2);
    next_.push_back(0);
    corners_[upper] = place;
    open_ = upper ^ 1;
    return upper;
  }

  /// The lower corner of the vertical edge that was begun last.
  std::size_t end_edge(Corner place) {
    corners_[open_] = place;
    return open_;
  }

  /// A horizontal edge between two corners: one ends a vertical edge (odd), the other begins the next (even).
  void join(std::size_t a, std::size_t b) {
    if (a % 2 == 0) std::swap(a, b);
    next_[a / 2] = b / 2;
  }

  std::vector<Corner> corners_;
  std::vector<std::size_t> next_;  // of a vertical edge: the one that follows on its ring
  std::vector<Change> before_;     // of the column left of `left_`, empty where that is sea
  std::vector<Change> present_;    // of the columns [left_, right_), which are alike
  std::uint32_t left_ = 0;
  std::uint32_t right_ = 1;
  std::size_t open_ = 0;
};

}  // namespace

Rings outline(const Rle& rle) {
  Tracer tracer;
  const std::uint32_t height = rle.shape().height;
  for (const Run& run : rle.runs()) {
    std::uint32_t column = run.start / height;
    std::uint32_t top = run.start % height;
    for (std::uint32_t left = run.length; left != 0;) {
      const bool whole = top == 0 && left >= height;
      const std::uint32_t count = whole ? left / height : 1;
      const std::uint32_t rows = whole ? height : std::min(left, height - top);
      tracer.add(column, count, top, top + rows);
      left -= count * rows;
      column += count;
      top = 0;
    }
  }
  return tracer.finish();
}

}  // namespace shipedge
