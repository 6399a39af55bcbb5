#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "parts.hpp"
#include "shipedge/components.hpp"
#include "shipedge/geometry.hpp"
#include "shipedge/morphology.hpp"
#include "shipedge/set_ops.hpp"

namespace shipedge {
namespace {

constexpr std::uint32_t kLongest = 1U << 15;  // pixels along a side: what is longer is no ship, and stays as it is

/// Rows [top, bottom) of a column that belong to a core.
struct Piece {
  std::uint32_t column;
  std::uint32_t top;
  std::uint32_t bottom;
  std::size_t core;
};

/// Of the pixels of a row those from column `first` on, up to the next site, are nearest to this one: it lies `away`
/// rows above or below them.
struct Site {
  std::int64_t column;
  std::int64_t away;
  std::size_t core;
  std::int64_t first;

  [[nodiscard]] std::int64_t distance(std::int64_t from) const noexcept {
    return (from - column) * (from - column) + away * away;
  }
};

/// Finds the nearest core of every pixel of a row, one row after the other: the lower envelope of the parabolas of the
/// columns (Meijster, Roerdink and Hesselink 2000), in whole numbers.
class NearestCores {
 public:
  NearestCores(const Parts& cores, Shape shape) : width_(shape.width) {
    for (std::size_t core = 0; core < cores.size(); ++core) {
      for_each_segment(cores[core], shape.height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
        pieces_.push_back({column, top, bottom, core});
      });
    }
    std::ranges::sort(pieces_, {}, [](const Piece& piece) { return std::pair(piece.column, piece.top); });
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (i == 0 || pieces_[i].column != pieces_[i - 1].column) columns_.push_back({i, i});
      columns_.back().end = i + 1;
    }
  }

  /// The sites of a row, from left to right; rows are asked for in ascending order.
  const std::vector<Site>& row(std::uint32_t row) {
    sites_.clear();
    for (Column& column : columns_) add(nearest(column, row));
    return sites_;
  }

 private:
  /// The pieces of one column; those before `next` end at or above the present row, but for the last of them.
  struct Column {
    std::size_t next;
    std::size_t end;
    std::size_t first = next;
  };

  Site nearest(Column& column, std::uint32_t row) const {
    while (column.next != column.end && pieces_[column.next].bottom <= row) ++column.next;
    const bool has_above = column.next != column.first;
    const bool has_below = column.next != column.end;
    const Piece& above = pieces_[has_above ? column.next - 1 : column.next];
    const Piece& below = pieces_[has_below ? column.next : column.next - 1];
    const std::int64_t up = std::int64_t{row} + 1 - above.bottom;
    const std::int64_t down = std::max<std::int64_t>(std::int64_t{below.top} - row, 0);
    const bool takes_above = has_above && (!has_below || up <= down);
    const Piece& piece = takes_above ? above : below;
    return {piece.column, takes_above ? up : down, piece.core, 0};
  }

  void add(Site site) {
    while (!sites_.empty() && sites_.back().distance(sites_.back().first) > site.distance(sites_.back().first)) {
      sites_.pop_back();
    }
    if (!sites_.empty()) {
      // Up to here the site on the left is at least as near; it is at its own first pixel, so this is not negative.
      const Site& left = sites_.back();
      const std::int64_t last = (site.distance(0) - left.distance(0)) / (2 * (site.column - left.column));
      site.first = last + 1;
      if (site.first >= width_) return;
    }
    sites_.push_back(site);
  }

  std::int64_t width_;
  std::vector<Piece> pieces_;
  std::vector<Column> columns_;
  std::vector<Site> sites_;
};

/// The runs of those pixels of a component whose value reaches a level.
std::vector<Run> at_level(const Rle& component, const std::uint8_t* first, std::size_t stride, std::uint8_t level) {
  const std::uint32_t height = component.shape().height;
  std::vector<Run> runs;
  for_each_segment(component.runs(), height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    for (std::uint32_t row = top; row < bottom; ++row) {
      if (first[row * stride + column] >= level) append_run(runs, {column * height + row, 1});
    }
  });
  return runs;
}

}  // namespace

std::vector<Rle> split(const Rle& component, const std::uint8_t* probability, std::uint8_t core,
                       std::uint32_t min_area) {
  const Shape whole = component.shape();
  const Box box = component.box();
  const Shape shape{box.bottom - box.top, box.right - box.left};
  if (shape.height > kLongest || shape.width > kLongest) return {component};
  const Rle inside = window(component, box.top, box.left, shape);
  const std::uint8_t* const first = probability + std::size_t{box.top} * whole.width + box.left;
  const std::vector<Run> bright = at_level(inside, first, whole.width, core);
  const Parts cores = find_components(bright, shape, Connectivity::kEight, min_area);
  if (cores.size() < 2) return {component};

  NearestCores nearest(cores, shape);
  std::vector<std::vector<Run>> owned(cores.size());  // along the rows
  const std::vector<Site>* sites = nullptr;
  std::uint32_t present = shape.height;
  const Rle along = inside.transposed();
  for_each_segment(along.runs(), shape.width, [&](std::uint32_t row, std::uint32_t left, std::uint32_t right) {
    if (row != present) sites = &nearest.row(row);
    present = row;
    auto next = std::ranges::upper_bound(*sites, std::int64_t{left}, {}, &Site::first);
    while (left < right) {
      const std::size_t owner = (next - 1)->core;
      const std::uint32_t end =
          next == sites->end() ? right : static_cast<std::uint32_t>(std::min<std::int64_t>(next->first, right));
      append_run(owned[owner], {row * shape.width + left, end - left});
      left = end;
      if (next != sites->end()) ++next;
    }
  });
  std::vector<Rle> pieces;
  for (std::vector<Run>& runs : owned) {
    const Rle of_core = Rle::trusted(shape.transposed(), std::move(runs)).transposed();
    for (const Rle& piece : components(of_core, Connectivity::kEight, min_area)) {
      pieces.push_back(window(piece, -std::int64_t{box.top}, -std::int64_t{box.left}, whole));
    }
  }
  return pieces;
}

void fill(std::span<Rle> components, const Rle& ship) {
  std::vector<std::size_t> order;  // of what may have a hole: what encloses another one has the larger box
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (!extent_of(components[i].runs(), ship.shape().height).one_a_column) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    const Box box = components[i].box();
    return std::uint64_t{box.right - box.left} * (box.bottom - box.top);
  });
  Rle taken(ship.shape());  // holes that have an owner
  for (const std::size_t i : order) {
    Rle& component = components[i];
    const Box box = component.box();
    const Shape shape{box.bottom - box.top, box.right - box.left};
    const Rle inside = window(component, box.top, box.left, shape);
    const Rle full = fill_holes(inside, Connectivity::kFour);
    if (full == inside) continue;
    const Rle sea = subtract(subtract(full, inside), window(ship, box.top, box.left, shape));
    const Rle holes = subtract(window(sea, -std::int64_t{box.top}, -std::int64_t{box.left}, ship.shape()), taken);
    const Rle* const more[] = {&taken, &holes};
    const Rle* const parts[] = {&component, &holes};
    taken = unite(more, ship.shape());
    component = unite(parts, ship.shape());
  }
}

}  // namespace shipedge
