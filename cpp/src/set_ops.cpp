#include "shipedge/set_ops.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "shipedge/buffer.hpp"

namespace shipedge {
namespace {

/// Where a mask begins, ends, begins, ... : ascending positions, each once.
using Edges = std::span<const std::uint32_t>;

/// Edge lists one after the other in one piece of memory.
struct EdgeLists {
  Buffer<std::uint32_t> edges;
  Buffer<std::size_t> ends;

  void clear() {
    edges.clear();
    ends.clear();
  }

  void add(Runs runs) {
    std::uint32_t* out = edges.reserve(2 * runs.size());
    for (const Run& run : runs) {
      *out++ = run.start;
      *out++ = run.end();
    }
    close(2 * runs.size());
  }

  void close(std::size_t count) {
    edges.grow(count);
    ends.push(edges.size());
  }

  [[nodiscard]] Edges list(std::size_t index) const noexcept {
    const std::size_t first = index == 0 ? 0 : ends.data()[index - 1];
    return {edges.data() + first, ends.data()[index] - first};
  }
};

/// Writes the edges of op(a, b) and returns the end of them. op(false, false) must be false.
template <class Op>
std::uint32_t* combine(Edges a, Edges b, std::uint32_t* out, Op op) noexcept {
  const std::uint32_t* i = a.data();
  const std::uint32_t* j = b.data();
  const std::uint32_t* const a_end = i + a.size();
  const std::uint32_t* const b_end = j + b.size();
  bool in_a = false;
  bool in_b = false;
  while (i != a_end && j != b_end) {
    const bool before = op(in_a, in_b);
    const std::uint32_t at = std::min(*i, *j);
    if (*i < *j) {
      ++i;
      in_a = !in_a;
    } else if (*j < *i) {
      ++j;
      in_b = !in_b;
    } else {
      ++i;
      ++j;
      in_a = !in_a;
      in_b = !in_b;
    }
    *out = at;  // kept if it is an edge of the result
    out += op(in_a, in_b) != before ? 1 : 0;
  }
  if (op(true, false)) out = std::copy(i, a_end, out);
  if (op(false, true)) out = std::copy(j, b_end, out);
  return out;
}

Rle from_edges(Edges edges, Shape shape) {
  std::vector<Run> runs(edges.size() / 2);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i] = {edges[2 * i], edges[2 * i + 1] - edges[2 * i]};
  return Rle::trusted(shape, std::move(runs));
}

/// op over all masks: pairs, then pairs of pairs, so that each edge moves log2(count) times.
template <class Op>
Rle fold(Masks masks, Shape shape, Op op) {
  thread_local EdgeLists now;
  thread_local EdgeLists next;
  now.clear();
  for (const Rle* rle : masks) now.add(rle->runs());
  for (std::size_t count = masks.size(); count > 1; count = (count + 1) / 2) {
    next.clear();
    for (std::size_t i = 0; i < count; i += 2) {
      const Edges a = now.list(i);
      const Edges b = i + 1 < count ? now.list(i + 1) : Edges{};
      std::uint32_t* const out = next.edges.reserve(a.size() + b.size());
      const std::uint32_t* const end = i + 1 < count ? combine(a, b, out, op) : std::copy(a.begin(), a.end(), out);
      next.close(static_cast<std::size_t>(end - out));
    }
    std::swap(now, next);
  }
  return masks.empty() ? Rle(shape) : from_edges(now.list(0), shape);
}

}  // namespace

Rle unite(Masks masks, Shape shape) {
  return fold(masks, shape, [](bool a, bool b) { return a || b; });
}

Rle intersect(Masks masks, Shape shape) {
  if (masks.empty()) return complement(Rle(shape));
  return fold(masks, shape, [](bool a, bool b) { return a && b; });
}

Rle exclusive_or(Masks masks, Shape shape) {
  return fold(masks, shape, [](bool a, bool b) { return a != b; });
}

Rle subtract(const Rle& a, const Rle& b) {
  const Rle* const both[] = {&a, &b};
  return fold(both, a.shape(), [](bool in_a, bool in_b) { return in_a && !in_b; });
}

Rle at_least(Masks masks, std::size_t votes, Shape shape) {
  if (votes == 0) return complement(Rle(shape));
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> ends;
  for (const Rle* rle : masks) {
    for (const Run& run : rle->runs()) {
      starts.push_back(run.start);
      ends.push_back(run.end());
    }
  }
  std::ranges::sort(starts);
  std::ranges::sort(ends);
  std::vector<Run> runs;
  std::size_t opened = 0;  // runs that began at or before `at`; `closed` of them have ended there
  std::uint32_t start = 0;
  bool inside = false;
  for (std::size_t closed = 0; closed < ends.size();) {
    const std::uint32_t at = opened < starts.size() ? std::min(starts[opened], ends[closed]) : ends[closed];
    while (opened < starts.size() && starts[opened] == at) ++opened;
    while (closed < ends.size() && ends[closed] == at) ++closed;
    const bool enough = opened - closed >= votes;
    if (enough && !inside) start = at;
    if (!enough && inside) runs.push_back({start, at - start});
    inside = enough;
  }
  return Rle::trusted(shape, std::move(runs));
}

Rle complement(const Rle& rle) {
  std::vector<Run> runs;
  runs.reserve(rle.runs().size() + 1);
  std::uint32_t at = 0;
  for (const Run& run : rle.runs()) {
    if (run.start != at) runs.push_back({at, run.start - at});
    at = run.end();
  }
  const std::uint32_t pixels = rle.shape().pixels();
  if (at != pixels) runs.push_back({at, pixels - at});
  return Rle::trusted(rle.shape(), std::move(runs));
}

}  // namespace shipedge
