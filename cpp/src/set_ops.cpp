#include "shipedge/set_ops.hpp"

#include <algorithm>
#include <utility>

namespace shipedge {
namespace {

void unite_two(Runs a, Runs b, std::vector<Run>& out) {
  out.clear();
  out.reserve(a.size() + b.size());
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() || j != b.end()) {
    const bool take_a = j == b.end() || (i != a.end() && i->start < j->start);
    const Run run = take_a ? *i++ : *j++;
    if (!out.empty() && run.start <= out.back().end()) {
      out.back().length = std::max(out.back().end(), run.end()) - out.back().start;
    } else {
      out.push_back(run);
    }
  }
}

/// What IoU asks of a mask again and again.
struct Summary {
  Runs runs;
  std::uint32_t area;
  Box box;
};

Summary summary(const Rle& rle) { return {rle.runs(), rle.area(), rle.box()}; }

bool apart(const Box& a, const Box& b) noexcept {
  return a.left >= b.right || b.left >= a.right || a.top >= b.bottom || b.top >= a.bottom;
}

double ratio(std::uint32_t both, std::uint32_t a, std::uint32_t b) noexcept {
  return both == 0 ? 0.0 : static_cast<double>(both) / (static_cast<double>(a) + b - both);
}

}  // namespace

Rle unite(std::span<const Rle* const> masks, Shape shape) {
  // Pairs, then pairs of pairs: each run moves log2(count) times.
  std::vector<std::vector<Run>> level;
  level.reserve(masks.size() / 2 + 1);
  for (std::size_t i = 0; i < masks.size(); i += 2) {
    const Runs second = i + 1 < masks.size() ? masks[i + 1]->runs() : Runs{};
    unite_two(masks[i]->runs(), second, level.emplace_back());
  }
  while (level.size() > 1) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      if (i + 1 == level.size()) {
        if (kept != i) level[kept] = std::move(level[i]);
        ++kept;
        break;
      }
      std::vector<Run> both;
      unite_two(level[i], level[i + 1], both);
      level[kept++] = std::move(both);
    }
    level.resize(kept);
  }
  return Rle::trusted(shape, level.empty() ? std::vector<Run>{} : std::move(level.front()));
}

std::uint32_t intersection_area(Runs a, Runs b) noexcept {
  std::uint32_t area = 0;
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() && j != b.end()) {
    const std::uint32_t start = std::max(i->start, j->start);
    const std::uint32_t end = std::min(i->end(), j->end());
    if (start < end) area += end - start;
    if (i->end() < j->end()) {
      ++i;
    } else {
      ++j;
    }
  }
  return area;
}

double iou(const Rle& a, const Rle& b) noexcept {
  return ratio(intersection_area(a.runs(), b.runs()), a.area(), b.area());
}

void iou_matrix(std::span<const Rle* const> rows, std::span<const Rle* const> columns, double* out) {
  std::vector<Summary> right;
  right.reserve(columns.size());
  for (const Rle* rle : columns) right.push_back(summary(*rle));
  for (const Rle* rle : rows) {
    const Summary left = summary(*rle);
    for (const Summary& other : right) {
      const std::uint32_t both = apart(left.box, other.box) ? 0 : intersection_area(left.runs, other.runs);
      *out++ = ratio(both, left.area, other.area);
    }
  }
}

}  // namespace shipedge
