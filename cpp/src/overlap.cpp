#include "shipedge/overlap.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <utility>

namespace shipedge {
namespace {

/// The place of each mask in the order of who has a pixel: the smallest rank does.
std::vector<std::uint32_t> ranks(std::span<const Runs> masks, Overlap rule) {
  std::vector<std::uint32_t> order(masks.size());
  std::iota(order.begin(), order.end(), 0U);
  if (rule == Overlap::kLast) std::ranges::reverse(order);
  if (rule == Overlap::kLarger) {
    std::vector<std::uint32_t> areas(masks.size());
    for (std::size_t i = 0; i < masks.size(); ++i) {
      for (const Run& run : masks[i]) areas[i] += run.length;
    }
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::uint32_t i) { return areas[i]; });
  }
  std::vector<std::uint32_t> rank(masks.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<std::uint32_t>(i);
  return rank;
}

void append(std::vector<OwnedRun>& runs, Run run, std::uint32_t owner) {
  if (!runs.empty() && runs.back().owner == owner && runs.back().run.end() == run.start) {
    runs.back().run.length += run.length;
  } else {
    runs.push_back({run, owner});
  }
}

}  // namespace

std::vector<OwnedRun> owned_runs(std::span<const Runs> masks, Overlap rule) {
  const std::vector<std::uint32_t> rank = ranks(masks, rule);
  std::vector<OwnedRun> given;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    for (const Run& run : masks[i]) given.push_back({run, static_cast<std::uint32_t>(i)});
  }
  std::ranges::stable_sort(given, {}, [](const OwnedRun& one) { return one.run.start; });
  // A line goes over all positions; the runs that it may be in wait with the best rank on top.
  const auto worse = [&](const OwnedRun& a, const OwnedRun& b) { return rank[a.owner] > rank[b.owner]; };
  std::priority_queue<OwnedRun, std::vector<OwnedRun>, decltype(worse)> open(worse);
  std::vector<OwnedRun> owned;
  owned.reserve(given.size());
  std::uint32_t at = 0;
  for (auto next = given.begin(); next != given.end() || !open.empty();) {
    while (!open.empty() && open.top().run.end() <= at) open.pop();
    if (open.empty()) {
      if (next == given.end()) break;
      at = next->run.start;
    } else if (next == given.end() || next->run.start > at) {
      const auto [run, owner] = open.top();
      const std::uint32_t end = next == given.end() ? run.end() : std::min(run.end(), next->run.start);
      append(owned, {at, end - at}, owner);
      at = end;
    }
    for (; next != given.end() && next->run.start == at; ++next) open.push(*next);
  }
  return owned;
}

std::vector<Rle> without_overlaps(std::span<const Rle* const> masks, Shape shape, Overlap rule) {
  std::vector<Runs> lists;
  lists.reserve(masks.size());
  for (const Rle* mask : masks) lists.push_back(mask->runs());
  std::vector<std::vector<Run>> runs(masks.size());
  for (const auto& [run, owner] : owned_runs(lists, rule)) append_run(runs[owner], run);
  std::vector<Rle> own;
  own.reserve(masks.size());
  for (std::vector<Run>& list : runs) own.push_back(Rle::trusted(shape, std::move(list)));
  return own;
}

}  // namespace shipedge
