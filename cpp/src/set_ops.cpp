#include "shipedge/set_ops.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "cleared.hpp"
#include "shipedge/buffer.hpp"
#include "unfold.hpp"

namespace shipedge {
namespace {

/// Where a mask begins, ends, begins, ... : ascending positions, each once.
using Edges = std::span<const std::uint32_t>;

/// Edge lists one after the other in one piece of memory.
struct EdgeLists {
  Buffer<std::uint32_t> edges;
  Buffer<std::size_t> ends;

  void clear() noexcept {
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

/// Combines neighbouring lists until one is left, so that each edge moves log2(count) times: pair(a, b, out) writes
/// that of two and returns its end.
template <class Pair>
Edges reduced(EdgeLists& now, std::size_t count, Pair&& pair) {
  thread_local EdgeLists next;
  const Cleared around(next);
  for (; count > 1; count = (count + 1) / 2) {
    next.clear();
    for (std::size_t i = 0; i < count; i += 2) {
      const Edges a = now.list(i);
      const Edges b = i + 1 < count ? now.list(i + 1) : Edges{};
      std::uint32_t* const out = next.edges.reserve(a.size() + b.size());
      const std::uint32_t* const end = i + 1 < count ? pair(a, b, out) : std::copy(a.begin(), a.end(), out);
      next.close(static_cast<std::size_t>(end - out));
    }
    std::swap(now, next);
  }
  return now.list(0);
}

/// op over all masks, pixel by pixel.
template <class Op>
Rle fold_pixels(Masks masks, Op op) {
  thread_local Buffer<std::uint8_t> first;
  thread_local Buffer<std::uint8_t> other;
  const Cleared around(first, other);
  const MaskView result = unfold(*masks.front(), first);
  for (const Rle* rle : masks.subspan(1)) {
    unfold(*rle, other);
    std::ranges::transform(first, other, first.begin(),
                           [&](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(op(a, b)); });
  }
  return encoded(result);
}

/// op, which works on bools and bits, over all masks; op(0, 0) must be 0.
template <class Op>
Rle fold(Masks masks, Shape shape, Op op) {
  if (masks.empty()) return Rle(shape);
  std::size_t runs = 0;
  for (const Rle* rle : masks) runs += rle->runs().size();
  if (masks.size() > 1 && worth_unfolding(runs / masks.size(), shape)) return fold_pixels(masks, op);
  thread_local EdgeLists lists;
  const Cleared around(lists);
  for (const Rle* rle : masks) lists.add(rle->runs());
  return from_edges(reduced(lists, masks.size(),
                            [&](Edges a, Edges b, std::uint32_t* out) {
                              return combine(a, b, out, [&](int in_a, int in_b) { return (op(in_a, in_b) & 1) != 0; });
                            }),
                    shape);
}

/// All numbers of two ascending lists, ascending.
std::uint32_t* merge(Edges a, Edges b, std::uint32_t* out) noexcept { return std::ranges::merge(a, b, out).out; }

}  // namespace

Rle unite(Masks masks, Shape shape) {
  return fold(masks, shape, [](int a, int b) { return a | b; });
}

Rle intersect(Masks masks, Shape shape) {
  if (masks.empty()) return complement(Rle(shape));
  return fold(masks, shape, [](int a, int b) { return a & b; });
}

Rle exclusive_or(Masks masks, Shape shape) {
  return fold(masks, shape, [](int a, int b) { return a ^ b; });
}

Rle subtract(const Rle& a, const Rle& b) {
  const Rle* const both[] = {&a, &b};
  return fold(both, a.shape(), [](int in_a, int in_b) { return in_a & ~in_b; });
}

Rle at_least(Masks masks, std::size_t votes, Shape shape) {
  if (votes == 0) return complement(Rle(shape));
  if (votes > masks.size()) return Rle(shape);
  thread_local EdgeLists starts_of;
  thread_local EdgeLists ends_of;
  const Cleared around(starts_of, ends_of);
  for (const Rle* rle : masks) {
    const std::size_t count = rle->runs().size();
    std::ranges::transform(rle->runs(), starts_of.edges.reserve(count), &Run::start);
    std::ranges::transform(rle->runs(), ends_of.edges.reserve(count), &Run::end);
    starts_of.close(count);
    ends_of.close(count);
  }
  const Edges starts = reduced(starts_of, masks.size(), merge);
  const Edges ends = reduced(ends_of, masks.size(), merge);
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
  const Runs runs = rle.runs();
  const std::uint32_t pixels = rle.shape().pixels();
  if (runs.empty()) return pixels == 0 ? rle : Rle::trusted(rle.shape(), {{0, pixels}});
  // Runs do not touch: only the gaps before the first and behind the last one may be empty.
  std::vector<Run> gaps;
  gaps.reserve(runs.size() + 1);
  if (runs.front().start != 0) gaps.push_back({0, runs.front().start});
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const std::uint32_t at = runs[i - 1].end();
    gaps.push_back({at, runs[i].start - at});
  }
  if (const std::uint32_t at = runs.back().end(); at != pixels) gaps.push_back({at, pixels - at});
  return Rle::trusted(rle.shape(), std::move(gaps));
}

}  // namespace shipedge
