#include <algorithm>
#include <utility>
#include <vector>

#include "cleared.hpp"
#include "shipedge/buffer.hpp"
#include "shipedge/rle.hpp"
#include "unfold.hpp"

namespace shipedge {
namespace {

/// Rows [top, bottom) of a column that differ from the column on its left.
struct Change {
  std::uint32_t column;
  std::uint32_t top;
  std::uint32_t bottom;
};

/// Collects the changes, column by column, of a mask that is read in groups of columns that are alike.
class ChangeWriter {
 public:
  explicit ChangeWriter(Buffer<Change>& changes) : changes_(changes) { before_.push(kEnd); }

  void add(const Box& box) {
    if (box.left != left_) {
      finish_group();
      if (box.left != right_) {
        finish_group();  // the empty columns between
      }
      left_ = box.left;
    }
    right_ = box.right;
    rows_.push(box.top);
    rows_.push(box.bottom);
  }

  void finish() {
    finish_group();
    finish_group();
  }

 private:
  /// Merges the tops and bottoms of two neighbouring groups: between the first and second of them, the third and
  /// fourth, ... one group is set and the other is not.
  void finish_group() {
    rows_.push(kEnd);
    const std::size_t count = rows_.size() + before_.size() - 2;
    const std::uint32_t* a = rows_.data();
    const std::uint32_t* b = before_.data();
    const auto next = [&] {  // no branch: which of the two comes first cannot be foreseen
      const bool from_a = *a < *b;
      const std::uint32_t row = from_a ? *a : *b;
      a += from_a ? 1 : 0;
      b += from_a ? 0 : 1;
      return row;
    };
    Change* const first = changes_.reserve(count / 2);
    Change* out = first;
    for (std::size_t i = 0; i < count; i += 2) {
      const std::uint32_t top = next();
      const std::uint32_t bottom = next();
      *out = {left_, top, bottom};
      out += top != bottom ? 1 : 0;
    }
    changes_.grow(static_cast<std::size_t>(out - first));
    std::swap(before_, rows_);
    rows_.clear();
    left_ = right_;
  }

  static constexpr std::uint32_t kEnd = ~std::uint32_t{0};

  Buffer<Change>& changes_;
  Buffer<std::uint32_t> rows_;    // tops and bottoms of the group that is being read
  Buffer<std::uint32_t> before_;  // and of the columns just left of it, ended by kEnd
  std::uint32_t left_ = 0;
  std::uint32_t right_ = 0;
};

}  // namespace

Rle Rle::transposed() const {
  const Shape turned = shape_.transposed();
  if (shape_.height <= 1 || shape_.width <= 1 || runs_.empty()) return trusted(turned, runs_);
  if (worth_unfolding(runs_.size(), shape_)) {
    thread_local Buffer<std::uint8_t> pixels;
    const Cleared around(pixels);
    return encoded(unfold(*this, pixels).transposed());
  }
  // In the turned mask a run begins or ends wherever a pixel differs from its left neighbour here.
  thread_local Buffer<Change> changes;
  thread_local Buffer<std::uint32_t> edges;
  const Cleared around(changes, edges);
  ChangeWriter writer(changes);
  for_each_box(runs_, shape_.height, [&](const Box& box) { writer.add(box); });
  writer.finish();
  std::size_t count = 0;
  std::uint32_t top = shape_.height;
  std::uint32_t bottom = 0;
  for (const Change& change : changes) {
    count += change.bottom - change.top;
    top = std::min(top, change.top);
    bottom = std::max(bottom, change.bottom);
  }
  if (count > 2 * std::max(kMostRuns, runs_.size())) refuse_more_runs();

  std::uint32_t* const out = edges.reserve(count);
  const std::uint32_t rows = bottom - top;
  if (rows / 8 <= count) {  // one bucket for each row; columns arrive in order
    std::vector<std::size_t> next(std::size_t{rows} + 1);
    for (const Change& change : changes) {
      next[change.top - top] += 1;
      next[change.bottom - top] -= 1;  // wraps around and back
    }
    std::size_t in_row = 0;
    std::size_t first = 0;
    for (std::size_t& place : next) {
      in_row += place;
      place = first;
      first += in_row;
    }
    for (const Change& change : changes) {
      for (std::uint32_t row = change.top; row < change.bottom; ++row) {
        out[next[row - top]++] = row * shape_.width + change.column;
      }
    }
  } else {  // few edges in many rows
    std::uint32_t* at = out;
    for (const Change& change : changes) {
      for (std::uint32_t row = change.top; row < change.bottom; ++row) *at++ = row * shape_.width + change.column;
    }
    std::sort(out, out + count);
  }
  std::vector<Run> runs;
  runs.reserve(count / 2);
  for (std::size_t i = 0; i < count; i += 2) append_run(runs, {out[i], out[i + 1] - out[i]});
  return trusted(turned, std::move(runs));
}

}  // namespace shipedge
