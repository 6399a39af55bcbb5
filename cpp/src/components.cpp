#include "shipedge/components.hpp"

#include <algorithm>
#include <utility>

#include "cleared.hpp"

namespace shipedge {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

/// A rectangle of the mask and the label of what it belongs to.
struct Piece {
  Box box;
  std::uint32_t label;
};

/// What is known of a label. Labels may turn out to be of one part; its root is the earliest of them, so that roots
/// are in order of their first pixel.
struct Label {
  std::uint32_t parent;
  std::uint32_t area = 0;
  std::size_t pieces = 0;
  std::uint32_t part = kNone;
};

std::uint32_t root_of(Label* labels, std::uint32_t label) noexcept {
  while (labels[label].parent != label) {
    labels[label].parent = labels[labels[label].parent].parent;
    label = labels[label].parent;
  }
  return label;
}

std::uint32_t join(Label* labels, std::uint32_t a, std::uint32_t b) noexcept {
  a = root_of(labels, a);
  b = root_of(labels, b);
  const std::uint32_t first = std::min(a, b);
  labels[std::max(a, b)].parent = first;
  return first;
}

/// Gives each rectangle the label of its neighbours in the columns on its left. Those that begin in one column form a
/// group: either pieces of one column or one rectangle of whole columns.
void label_pieces(Runs runs, Shape shape, std::uint32_t reach, Buffer<Piece>& buffer, Buffer<Label>& labels) {
  Piece* const pieces = buffer.reserve(3 * runs.size());
  std::size_t count = 0;
  std::size_t group = 0;     // the group that is being read
  std::size_t near = 0;      // of the group on its left: the first piece that may touch what follows
  std::size_t near_end = 0;  // and its end
  for_each_box(runs, shape.height, [&](const Box& box) {
    if (count == 0 || pieces[count - 1].box.left != box.left) {
      const bool adjacent = count != 0 && pieces[count - 1].box.right == box.left;
      near = adjacent ? group : count;
      near_end = count;
      group = count;
    }
    while (near != near_end && pieces[near].box.bottom + reach <= box.top) ++near;
    std::uint32_t label = kNone;
    for (std::size_t i = near; i != near_end && pieces[i].box.top < box.bottom + reach; ++i) {
      const std::uint32_t other = pieces[i].label;
      if (label == kNone) {
        label = other;
      } else if (label != other) {
        label = join(labels.data(), label, other);
      }
    }
    if (label == kNone) {
      label = static_cast<std::uint32_t>(labels.size());
      labels.push({.parent = label});
    }
    Label& of = labels.data()[label];
    of.area += (box.right - box.left) * (box.bottom - box.top);
    of.pieces += 1;
    pieces[count++] = {box, label};
  });
  buffer.grow(count);
}

/// Sums the areas and pieces of labels up in the first label of each part.
void sum_up(Buffer<Label>& labels) noexcept {
  Label* const table = labels.data();
  for (std::size_t i = labels.size(); i-- > 0;) {  // a parent is earlier than its child
    if (table[i].parent == i) continue;
    table[table[i].parent].area += table[i].area;
    table[table[i].parent].pieces += table[i].pieces;
  }
}

/// Those connected parts together for which choose(area, whether it reaches the border of the image) is true.
template <class Choose>
Rle chosen_parts(const Rle& rle, Connectivity connectivity, Choose&& choose) {
  thread_local Buffer<Piece> pieces;
  thread_local Buffer<Label> labels;
  const Cleared around(pieces, labels);
  const auto [height, width] = rle.shape();
  label_pieces(rle.runs(), rle.shape(), connectivity == Connectivity::kEight ? 1 : 0, pieces, labels);
  std::vector<bool> chosen(labels.size());  // at first: reaches the border
  for (const auto& [box, label] : pieces) {
    if (box.left == 0 || box.top == 0 || box.right == width || box.bottom == height) {
      chosen[root_of(labels.data(), label)] = true;
    }
  }
  sum_up(labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Label& label = labels.data()[i];
    if (label.parent == i) chosen[i] = choose(label.area, chosen[i]);
  }
  std::vector<Run> runs;
  for (const auto& [box, label] : pieces) {
    if (chosen[root_of(labels.data(), label)]) append_run(runs, run_of(box, height));
  }
  return Rle::trusted(rle.shape(), std::move(runs));
}

}  // namespace

Parts find_components(Runs runs, Shape shape, Connectivity connectivity, std::uint32_t min_area) {
  thread_local Buffer<Piece> pieces;
  thread_local Buffer<Label> labels;
  const Cleared around(pieces, labels);
  label_pieces(runs, shape, connectivity == Connectivity::kEight ? 1 : 0, pieces, labels);

  Label* const table = labels.data();
  sum_up(labels);
  Parts parts;
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < labels.size(); ++i) {
    if (table[i].parent != i) {
      table[i].part = table[table[i].parent].part;
    } else if (table[i].area >= min_area) {
      table[i].part = static_cast<std::uint32_t>(parts.spans_.size());
      parts.spans_.push({total, total});
      total += table[i].pieces;
    }
  }
  Run* const out = parts.runs_.reserve(total);
  parts.runs_.grow(total);
  for (const Piece& piece : pieces) {
    const std::uint32_t part = table[piece.label].part;
    if (part == kNone) continue;
    auto& [first, last] = parts.spans_.data()[part];
    const Run run = run_of(piece.box, shape.height);
    if (last != first && out[last - 1].end() == run.start) {  // goes on in the next column
      out[last - 1].length += run.length;
    } else {
      out[last++] = run;
    }
  }
  return parts;
}

std::vector<Rle> components(const Rle& rle, Connectivity connectivity, std::uint32_t min_area) {
  const Parts parts = find_components(rle.runs(), rle.shape(), connectivity, min_area);
  std::vector<Rle> found;
  found.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Runs runs = parts[i];
    found.push_back(Rle::trusted(rle.shape(), {runs.begin(), runs.end()}));
  }
  return found;
}

Rle parts_at_border(const Rle& rle, Connectivity connectivity, std::uint32_t larger_than) {
  return chosen_parts(rle, connectivity,
                      [&](std::uint32_t area, bool at_border) { return at_border || area > larger_than; });
}

Rle large_parts(const Rle& rle, Connectivity connectivity, std::uint32_t min_area) {
  return chosen_parts(rle, connectivity, [&](std::uint32_t area, bool) { return area >= min_area; });
}

Rle largest_part(const Rle& rle, Connectivity connectivity) {
  const Parts parts = find_components(rle.runs(), rle.shape(), connectivity, 1);
  const auto area_of = [](Runs runs) {
    std::uint32_t area = 0;
    for (const Run& run : runs) area += run.length;
    return area;
  };
  Runs largest;
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::uint32_t area = area_of(parts[i]);
    if (area > most) largest = parts[i];
    most = std::max(most, area);
  }
  return Rle::trusted(rle.shape(), {largest.begin(), largest.end()});
}

}  // namespace shipedge
