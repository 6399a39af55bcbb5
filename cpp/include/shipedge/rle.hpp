#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shipedge {

/// Height and width in pixels; the product stays under 2^32, so that a position fits 32 bits.
struct Shape {
  std::uint32_t height = 0;
  std::uint32_t width = 0;

  /// Checks the bounds; throws FormatError.
  static Shape checked(std::int64_t height, std::int64_t width);

  [[nodiscard]] constexpr std::uint32_t pixels() const noexcept { return height * width; }
  [[nodiscard]] constexpr Shape transposed() const noexcept { return {width, height}; }
  bool operator==(const Shape&) const = default;
};

/// Ship pixels [start, start + length) in column-major order, 0-based.
struct Run {
  std::uint32_t start;
  std::uint32_t length;

  [[nodiscard]] constexpr std::uint32_t end() const noexcept { return start + length; }
  bool operator==(const Run&) const = default;
};

using Runs = std::span<const Run>;

/// Half-open box in pixels: columns [left, right), rows [top, bottom). All zero for an empty mask.
struct Box {
  std::uint32_t left = 0;
  std::uint32_t top = 0;
  std::uint32_t right = 0;
  std::uint32_t bottom = 0;

  bool operator==(const Box&) const = default;
};

/// The smallest box around runs; zeros where there are none.
struct Extent {
  Box box;
  bool one_a_column = false;  ///< exactly one run in each column of the box, as most ships have
};

Extent extent_of(Runs runs, std::uint32_t height) noexcept;

/// Mean column and row of pixels, as numbers of pixels from 0.
struct Centroid {
  double x;
  double y;
};

/// The pixels of a box, which spans one column or all rows.
constexpr Run run_of(const Box& box, std::uint32_t height) noexcept {
  return {box.left * height + box.top, (box.right - box.left - 1) * height + box.bottom - box.top};
}

/// Most runs (256 MiB) that an operation makes of fewer.
constexpr std::size_t kMostRuns = std::size_t{1} << 25;

/// Throws FormatError: more than kMostRuns.
[[noreturn]] void refuse_more_runs();

/// Appends a run that starts at or after the end of the last one; touching runs become one.
inline void append_run(std::vector<Run>& runs, Run run) {
  if (!runs.empty() && runs.back().end() == run.start) {
    runs.back().length += run.length;
  } else {
    if (runs.size() == kMostRuns) refuse_more_runs();
    runs.push_back(run);
  }
}

/// An immutable mask: a shape and sorted, non-touching, column-major runs inside it.
class Rle {
 public:
  /// Empty mask.
  explicit Rle(Shape shape) noexcept : shape_(shape) {}

  /// Takes runs whose order and bounds the caller guarantees (the algorithms of this library).
  static Rle trusted(Shape shape, std::vector<Run> runs) noexcept;

  /// Checks 0-based (start, length) pairs and merges touching ones; throws FormatError.
  static Rle checked(Shape shape, std::span<const std::int64_t> pairs);

  [[nodiscard]] Shape shape() const noexcept { return shape_; }
  [[nodiscard]] Runs runs() const noexcept { return runs_; }
  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  [[nodiscard]] std::uint32_t area() const noexcept;
  [[nodiscard]] Box box() const noexcept { return extent_of(runs_, shape_.height).box; }

  /// NaN for an empty mask.
  [[nodiscard]] Centroid centroid() const noexcept;
  [[nodiscard]] std::size_t hash() const noexcept;

  /// The same pixels with rows and columns exchanged; the work follows the input and output runs.
  [[nodiscard]] Rle transposed() const;

  bool operator==(const Rle&) const = default;

 private:
  Shape shape_;
  std::vector<Run> runs_;
};

/// Which column a position lies in. Sorted runs mostly move on by one column, so the division is the exception.
struct ColumnCursor {
  std::uint32_t column = 0;
  std::uint32_t origin = 0;  // position of the column's first pixel

  /// Moves to the column of `position` and returns the row.
  std::uint32_t seek(std::uint32_t position, std::uint32_t height) noexcept {
    std::uint32_t row = position - origin;
    if (row < height) return row;
    if (row - height < height) {
      column += 1;
      row -= height;
    } else {
      column = position / height;
      row = position % height;
    }
    origin = position - row;
    return row;
  }
};

/// Calls visit(column, top, bottom) for each vertical piece of the runs, left to right, top to bottom.
template <class Visit>
void for_each_segment(Runs runs, std::uint32_t height, Visit&& visit) {
  ColumnCursor at;
  for (const Run& run : runs) {
    std::uint32_t top = at.seek(run.start, height);
    std::uint32_t left = run.length;
    while (left > height - top) {
      visit(at.column, top, height);
      left -= height - top;
      top = 0;
      at.column += 1;
      at.origin += height;
    }
    visit(at.column, top, top + left);
  }
}

/// Calls visit(Box) for each rectangle of the runs, in their order: at most three a run, of which one may be many
/// whole columns, so that the work follows the runs and not the size of the mask.
template <class Visit>
void for_each_box(Runs runs, std::uint32_t height, Visit&& visit) {
  ColumnCursor at;
  for (const Run& run : runs) {
    const std::uint32_t top = at.seek(run.start, height);
    if (run.length <= height - top) {
      visit(Box{at.column, top, at.column + 1, top + run.length});
      continue;
    }
    std::uint32_t left = at.column;
    std::uint32_t rest = run.length;
    if (top != 0) {
      visit(Box{left, top, left + 1, height});
      left += 1;
      rest -= height - top;
    }
    const std::uint32_t whole = rest / height;
    if (whole != 0) visit(Box{left, 0, left + whole, height});
    rest -= whole * height;
    if (rest != 0) visit(Box{left + whole, 0, left + whole + 1, rest});
  }
}

}  // namespace shipedge
