#include "shipedge/rle.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "shipedge/error.hpp"

namespace shipedge {
namespace {

constexpr std::int64_t kPositions = std::int64_t{1} << 32;

std::string run_name(std::size_t index) { return "run " + std::to_string(index + 1); }

}  // namespace

void refuse_more_runs() {
  throw FormatError("the result has more than " + std::to_string(kMostRuns) + " runs, expected at most that many");
}

Shape Shape::checked(std::int64_t height, std::int64_t width) {
  const auto shown = [&] { return "shape (" + std::to_string(height) + ", " + std::to_string(width) + ")"; };
  if (height < 0 || width < 0) {
    throw FormatError(shown() + " has a negative side, expected (height, width) in pixels");
  }
  if (height >= kPositions || width >= kPositions || (height != 0 && width > (kPositions - 1) / height)) {
    throw FormatError(shown() + " is too large, expected fewer than 4294967296 pixels");
  }
  return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width)};
}

Rle Rle::trusted(Shape shape, std::vector<Run> runs) noexcept {
  Rle rle(shape);
  rle.runs_ = std::move(runs);
  return rle;
}

Rle Rle::checked(Shape shape, std::span<const std::int64_t> pairs) {
  const std::int64_t pixels = shape.pixels();
  std::vector<Run> runs;
  runs.reserve(pairs.size() / 2);
  std::int64_t next = 0;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const std::int64_t start = pairs[i];
    const std::int64_t length = pairs[i + 1];
    if (start < next) {
      throw FormatError(run_name(i / 2) + " starts at " + std::to_string(start) + ", expected " + std::to_string(next) +
                        " or later (0-based)");
    }
    if (length < 1) {
      throw FormatError(run_name(i / 2) + " has length " + std::to_string(length) + ", expected 1 or more");
    }
    if (start >= pixels || length > pixels - start) {
      throw FormatError(run_name(i / 2) + " (start " + std::to_string(start) + ", length " + std::to_string(length) +
                        ") leaves the mask, expected its end at " + std::to_string(pixels) + " or before");
    }
    append_run(runs, {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(length)});
    next = start + length;
  }
  return trusted(shape, std::move(runs));
}

std::uint32_t Rle::area() const noexcept {
  std::uint32_t area = 0;
  for (const Run& run : runs_) area += run.length;
  return area;
}

Extent extent_of(Runs runs, std::uint32_t height) noexcept {
  if (runs.empty()) return {};
  const std::uint32_t left = runs.front().start / height;
  const std::uint32_t right = (runs.back().end() - 1) / height + 1;
  if (runs.size() == right - left) {  // no branch and no run that waits for another: the vectoriser's work
    std::uint32_t first = height;
    std::uint32_t last = 0;  // largest top
    std::uint32_t bottom = 0;
    for (std::uint32_t i = 0; i < right - left; ++i) {
      const std::uint32_t top = runs[i].start - (left + i) * height;  // huge where the run begins in a column before
      first = std::min(first, top);
      last = std::max(last, top);
      bottom = std::max(bottom, top + runs[i].length);
    }
    if (last < height && bottom <= height) return {{left, first, right, bottom}, true};
  }
  Box box{left, height, right, 0};
  ColumnCursor at{left, left * height};
  for (const Run& run : runs) {
    const std::uint32_t top = at.seek(run.start, height);
    if (run.length > height - top) {  // longer than what is left of its column: it touches both borders
      box.top = 0;
      box.bottom = height;
      break;
    }
    box.top = std::min(box.top, top);
    box.bottom = std::max(box.bottom, top + run.length);
  }
  return {box, false};
}

Centroid Rle::centroid() const noexcept {
  double area = 0;
  double x = 0;  // twice the sums, so that they stay whole numbers
  double y = 0;
  for_each_box(runs_, shape_.height, [&](const Box& box) {
    const double pixels = static_cast<double>(box.right - box.left) * (box.bottom - box.top);
    area += pixels;
    x += pixels * (static_cast<double>(box.left) + box.right - 1);
    y += pixels * (static_cast<double>(box.top) + box.bottom - 1);
  });
  return {x / (2 * area), y / (2 * area)};
}

std::size_t Rle::hash() const noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ (std::uint64_t{shape_.height} << 32 | shape_.width);
  for (const Run& run : runs_) {
    hash = (hash ^ (std::uint64_t{run.start} << 32 | run.length)) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return static_cast<std::size_t>(hash);
}

}  // namespace shipedge
