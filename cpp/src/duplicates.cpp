#include "shipedge/duplicates.hpp"

#include <algorithm>
#include <numeric>

#include "summary.hpp"

namespace shipedge {
namespace {

/// The masks, and which of them are one object.
class Pairs {
 public:
  Pairs(std::span<const Rle* const> masks, const Duplicates& rule) : rule_(rule) {
    summaries_.reserve(masks.size());
    for (const Rle* mask : masks) summaries_.emplace_back(*mask);
    if (!masks.empty()) height_ = masks.front()->shape().height;
  }

  [[nodiscard]] const Box& box(std::size_t i) const noexcept { return summaries_[i].box; }

  [[nodiscard]] bool are_one(std::size_t i, std::size_t j) const noexcept {
    const Summary& a = summaries_[i];
    const Summary& b = summaries_[j];
    if (!meet(a.box, b.box) || (!rule_.classes.empty() && rule_.classes[i] != rule_.classes[j])) return false;
    const std::uint32_t both = overlap(a, b, height_);
    const double whole =
        rule_.of == OverlapOf::kSmaller ? std::min(a.area, b.area) : static_cast<double>(a.area) + b.area - both;
    return ratio(both, whole) > rule_.threshold;
  }

 private:
  const Duplicates& rule_;
  std::vector<Summary> summaries_;
  std::uint32_t height_ = 0;
};

std::size_t root(std::vector<std::size_t>& parents, std::size_t i) noexcept {
  while (parents[i] != i) i = parents[i] = parents[parents[i]];
  return i;
}

}  // namespace

std::vector<std::size_t> suppressed(std::span<const Rle* const> masks, std::span<const std::size_t> order,
                                    const Duplicates& rule) {
  const Pairs pairs(masks, rule);
  std::vector<std::size_t> kept;
  for (const std::size_t i : order) {
    if (std::ranges::none_of(kept, [&](std::size_t j) { return pairs.are_one(i, j); })) kept.push_back(i);
  }
  return kept;
}

std::vector<std::size_t> object_of(std::span<const Rle* const> masks, const Duplicates& rule) {
  const Pairs pairs(masks, rule);
  std::vector<std::size_t> by_left(masks.size());
  std::iota(by_left.begin(), by_left.end(), std::size_t{0});
  std::vector<std::size_t> parents = by_left;
  std::ranges::sort(by_left, {}, [&](std::size_t i) { return pairs.box(i).left; });
  for (std::size_t a = 0; a < by_left.size(); ++a) {
    const std::size_t i = by_left[a];
    for (std::size_t b = a + 1; b < by_left.size() && pairs.box(by_left[b]).left < pairs.box(i).right; ++b) {
      const std::size_t j = by_left[b];
      const std::size_t one = root(parents, i);
      const std::size_t other = root(parents, j);
      if (one != other && pairs.are_one(i, j)) parents[std::max(one, other)] = std::min(one, other);
    }
  }
  std::size_t count = 0;
  std::vector<std::size_t> objects(masks.size());
  for (std::size_t i = 0; i < masks.size(); ++i) {  // the root of an object is its first mask
    const std::size_t first = root(parents, i);
    objects[i] = first == i ? count++ : objects[first];
  }
  return objects;
}

}  // namespace shipedge
