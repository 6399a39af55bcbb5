#include "shipedge/geometry.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "cleared.hpp"
#include "shipedge/buffer.hpp"

namespace shipedge {
namespace {

/// Runs with a pixel in columns [left, right).
Runs in_columns(const Rle& rle, std::uint32_t left, std::uint32_t right) {
  const std::uint32_t first = left * rle.shape().height;
  const std::uint32_t last = right * rle.shape().height;
  const auto begin = std::ranges::partition_point(rle.runs(), [&](const Run& run) { return run.end() <= first; });
  const auto end = std::ranges::partition_point(rle.runs(), [&](const Run& run) { return run.start < last; });
  return begin < end ? Runs(begin, end) : Runs{};
}

/// Appends rows [top, bottom) of columns [left, right).
void append_box(std::vector<Run>& runs, Box box, std::uint32_t height) {
  if (box.top == 0 && box.bottom == height) return append_run(runs, run_of(box, height));
  for (std::uint32_t column = box.left; column < box.right; ++column) {
    append_run(runs, {column * height + box.top, box.bottom - box.top});
  }
}

/// The rectangles of a mask, left to right, top to bottom; returns the end of them.
const Box* list_boxes(const Rle& rle, Buffer<Box>& boxes) {
  Box* const first = boxes.reserve(3 * rle.runs().size());
  Box* last = first;
  for_each_box(rle.runs(), rle.shape().height, [&](const Box& box) { *last++ = box; });
  boxes.grow(static_cast<std::size_t>(last - first));
  return last;
}

/// Turned by 180 degrees.
Rle reversed(const Rle& rle) {
  const std::uint32_t pixels = rle.shape().pixels();
  std::vector<Run> runs(rle.runs().begin(), rle.runs().end());
  std::ranges::reverse(runs);
  for (Run& run : runs) run.start = pixels - run.end();
  return Rle::trusted(rle.shape(), std::move(runs));
}

}  // namespace

Rle window(const Rle& rle, std::int64_t top, std::int64_t left, Shape shape) {
  const auto [height, width] = rle.shape();
  const std::int64_t bottom = top + shape.height;
  const std::int64_t right = left + shape.width;
  const auto inside = [](std::int64_t at, std::uint32_t side) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(at, 0, side));
  };
  const Box seen{inside(left, width), inside(top, height), inside(right, width), inside(bottom, height)};
  std::vector<Run> runs;
  for_each_box(in_columns(rle, seen.left, seen.right), height, [&](const Box& box) {
    const Box part{std::max(box.left, seen.left), std::max(box.top, seen.top), std::min(box.right, seen.right),
                   std::min(box.bottom, seen.bottom)};
    if (part.left >= part.right || part.top >= part.bottom) return;
    const auto moved = [](std::uint32_t at, std::int64_t by) { return static_cast<std::uint32_t>(at - by); };
    append_box(runs, {moved(part.left, left), moved(part.top, top), moved(part.right, left), moved(part.bottom, top)},
               shape.height);
  });
  return Rle::trusted(shape, std::move(runs));
}

Rle flip_rows(const Rle& rle) {
  const std::uint32_t height = rle.shape().height;
  thread_local Buffer<Box> boxes;
  const Cleared around(boxes);
  const Box* const end = list_boxes(rle, boxes);
  std::vector<Run> runs;
  runs.reserve(boxes.size());
  for (const Box* last = boxes.begin(); last != end;) {
    const Box* const first = last;
    while (last != end && last->left == first->left) ++last;
    for (const Box* box = last; box-- != first;) {
      append_run(runs, run_of({box->left, height - box->bottom, box->right, height - box->top}, height));
    }
  }
  return Rle::trusted(rle.shape(), std::move(runs));
}

Rle flip_columns(const Rle& rle) {
  const auto [height, width] = rle.shape();
  thread_local Buffer<Box> boxes;
  const Cleared around(boxes);
  const Box* last = list_boxes(rle, boxes);
  std::vector<Run> runs;
  runs.reserve(boxes.size());
  for (const Box* first = last; first != boxes.begin(); last = first) {
    --first;
    while (first != boxes.begin() && (first - 1)->left == first->left) --first;
    for (const Box* box = first; box != last; ++box) {
      append_run(runs, run_of({width - box->right, box->top, width - box->left, box->bottom}, height));
    }
  }
  return Rle::trusted(rle.shape(), std::move(runs));
}

Rle rotate(const Rle& rle, std::int64_t quarter_turns) {
  switch (quarter_turns & 3) {
    case 1:
      return flip_columns(rle).transposed();
    case 2:
      return reversed(rle);
    case 3:
      return flip_columns(rle.transposed());
    default:
      return rle;
  }
}

}  // namespace shipedge
