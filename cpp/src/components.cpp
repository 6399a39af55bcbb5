#include "shipedge/components.hpp"

#include <algorithm>
#include <utility>

namespace shipedge {
namespace {

constexpr std::uint32_t kDropped = ~std::uint32_t{0};

/// A vertical piece of a run: rows [top, bottom) of one column.
struct Segment {
  std::uint32_t column;
  std::uint32_t top;
  std::uint32_t bottom;
};

/// Union-find whose root is the earliest member, so that a single forward pass can number the parts.
class Forest {
 public:
  explicit Forest(std::size_t size) : parent_(size) {
    for (std::size_t i = 0; i < size; ++i) parent_[i] = static_cast<std::uint32_t>(i);
  }

  std::uint32_t root(std::uint32_t i) noexcept {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }

  void join(std::uint32_t a, std::uint32_t b) noexcept {
    a = root(a);
    b = root(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

/// Joins every segment with its neighbours in the column before.
void join_neighbours(const std::vector<Segment>& segments, std::uint32_t reach, Forest& forest) {
  std::size_t left = 0;  // first segment of the previous column that may still matter
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& now = segments[i];
    // Behind `left` lie segments of earlier columns, or ones that end above every later segment here.
    while (left < i && (segments[left].column + 1 < now.column ||
                        (segments[left].column + 1 == now.column && segments[left].bottom + reach <= now.top))) {
      ++left;
    }
    for (std::size_t j = left; j < i && segments[j].column + 1 == now.column; ++j) {
      if (segments[j].top >= now.bottom + reach) break;
      forest.join(static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(i));
    }
  }
}

}  // namespace

std::vector<Rle> components(const Rle& rle, Connectivity connectivity, std::uint32_t min_area) {
  const std::uint32_t height = rle.shape().height;
  std::vector<Segment> segments;
  segments.reserve(rle.runs().size());
  for_each_segment(rle.runs(), height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    segments.push_back({column, top, bottom});
  });
  Forest forest(segments.size());
  join_neighbours(segments, connectivity == Connectivity::kEight ? 1 : 0, forest);

  std::vector<std::uint32_t> part(segments.size());  // of a root: its part; of others: their root's
  std::vector<std::uint32_t> area;
  std::vector<std::uint32_t> count;
  for (std::uint32_t i = 0; i < segments.size(); ++i) {
    const std::uint32_t root = forest.root(i);
    if (root == i) {
      part[i] = static_cast<std::uint32_t>(area.size());
      area.push_back(0);
      count.push_back(0);
    } else {
      part[i] = part[root];
    }
    area[part[i]] += segments[i].bottom - segments[i].top;
    count[part[i]] += 1;
  }
  std::vector<std::vector<Run>> runs;
  std::vector<std::uint32_t> kept(area.size(), kDropped);
  for (std::size_t p = 0; p < area.size(); ++p) {
    if (area[p] < min_area) continue;
    kept[p] = static_cast<std::uint32_t>(runs.size());
    runs.emplace_back().reserve(count[p]);
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::uint32_t to = kept[part[i]];
    if (to == kDropped) continue;
    const Segment& segment = segments[i];
    append_run(runs[to], {segment.column * height + segment.top, segment.bottom - segment.top});
  }
  std::vector<Rle> found;
  found.reserve(runs.size());
  for (auto& list : runs) found.push_back(Rle::trusted(rle.shape(), std::move(list)));
  return found;
}

}  // namespace shipedge
