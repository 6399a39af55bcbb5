#include "shipedge/labels.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "shipedge/buffer.hpp"
#include "shipedge/error.hpp"
#include "shipedge/overlap.hpp"

namespace shipedge {
namespace {

/// Collects the runs of each label, which arrive in column-major order.
class LabelRuns {
 public:
  void add(std::uint64_t label, Run run) {
    if (label != last_label_ || last_ == kNone) {
      last_label_ = label;
      last_ = index_of(label);
    }
    append_run(lists_[last_].runs, run);
  }

  std::vector<LabelledRle> take(Shape shape) {
    std::vector<LabelledRle> found;
    found.reserve(lists_.size());
    for (auto& [label, runs] : lists_) found.push_back({label, Rle::trusted(shape, std::move(runs))});
    return found;
  }

 private:
  struct List {
    std::uint64_t label;
    std::vector<Run> runs;
  };

  std::size_t index_of(std::uint64_t label) {
    constexpr std::uint64_t kSmall = 1 << 16;  // most labels are: these need no hash
    if (label >= kSmall) return new_if(large_.try_emplace(label, lists_.size()).first->second, label);
    if (label >= small_.size()) small_.resize(std::max<std::size_t>(label + 1, 2 * small_.size()), kNone);
    if (small_[label] == kNone) small_[label] = lists_.size();
    return new_if(small_[label], label);
  }

  std::size_t new_if(std::size_t index, std::uint64_t label) {
    if (index == lists_.size()) lists_.push_back({label, {}});
    return index;
  }

  static constexpr std::size_t kNone = ~std::size_t{0};

  std::vector<List> lists_;
  std::vector<std::size_t> small_;
  std::unordered_map<std::uint64_t, std::size_t> large_;
  std::uint64_t last_label_ = 0;
  std::size_t last_ = kNone;
};

template <class T>
T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);  // NumPy views need not be aligned
  return value;
}

constexpr std::size_t kBlock = 64;  // bytes compared at once

/// Calls visit(i) for each of `count` neighbouring values that differs from its counterpart.
template <class T, class Visit>
void for_each_difference(const std::byte* a, const std::byte* b, std::size_t count, Visit&& visit) {
  constexpr std::size_t kStep = kBlock / sizeof(T);
  for (std::size_t first = 0; first < count; first += kStep) {
    const std::size_t last = std::min(count, first + kStep);
    if (last - first == kStep && std::memcmp(a + first * sizeof(T), b + first * sizeof(T), kBlock) == 0) continue;
    for (std::size_t i = first; i < last; ++i) {
      if (load<T>(a + i * sizeof(T)) != load<T>(b + i * sizeof(T))) visit(i);
    }
  }
}

/// Rows contiguous: each is compared with the one above, in strips of columns so that little needs to be remembered.
/// The labels may change meanwhile: `tops` only grows from 0 to the present row, so that runs never overlap or leave a
/// column.
template <class T>
void read_rows(const LabelView& labels, LabelRuns& found) {
  constexpr std::uint32_t kStrip = 1024;
  struct Segment {
    T label;
    std::uint32_t column;
    Run run;
  };
  const std::uint32_t height = labels.shape.height;
  const std::uint32_t width = labels.shape.width;
  if (height == 0) return;  // there need not be any memory
  const std::vector<std::byte> background(kStrip * sizeof(T));
  std::vector<std::uint32_t> tops(kStrip);  // where the present label of a column began
  Buffer<Segment> segments;
  Buffer<Segment> sorted;
  std::vector<std::size_t> next(kStrip + 1);
  for (std::uint32_t left = 0; left < width; left += std::min(kStrip, width - left)) {
    const std::uint32_t columns = std::min(kStrip, width - left);
    const std::byte* const top = labels.data + static_cast<std::ptrdiff_t>(left * sizeof(T));
    segments.clear();
    std::ranges::fill(tops, std::uint32_t{0});
    const std::byte* above = background.data();
    for (std::uint32_t row = 0; row <= height; ++row) {  // the last one closes what is open
      const std::byte* const now =
          row == height ? background.data() : top + static_cast<std::ptrdiff_t>(row) * labels.row_stride;
      for_each_difference<T>(now, above, columns, [&](std::size_t i) {
        const T label = load<T>(above + i * sizeof(T));
        const auto column = static_cast<std::uint32_t>(i);
        if (label != 0) segments.push({label, column, {(left + column) * height + tops[i], row - tops[i]}});
        tops[i] = row;
      });
      above = now;
    }
    std::ranges::fill(next, std::size_t{0});
    for (const Segment& segment : segments) next[segment.column + 1] += 1;
    for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
    sorted.clear();
    Segment* const out = sorted.reserve(segments.size());
    for (const Segment& segment : segments) out[next[segment.column]++] = segment;
    sorted.grow(segments.size());
    for (const Segment& segment : sorted) found.add(segment.label, segment.run);
  }
}

/// Any strides: down the columns, each pixel compared with the one above. The labels may change meanwhile: a run goes
/// from where the last one ended to the present row, whatever was read.
template <class T>
void read_columns(const LabelView& labels, LabelRuns& found) {
  const std::uint32_t height = labels.shape.height;
  const std::uint32_t width = labels.shape.width;
  if (height == 0) return;
  for (std::uint32_t column = 0; column < width; ++column) {
    const std::byte* const first = labels.data + static_cast<std::ptrdiff_t>(column) * labels.column_stride;
    std::uint32_t top = 0;
    const auto label_at = [&](std::uint32_t row) {
      return load<T>(first + static_cast<std::ptrdiff_t>(row) * labels.row_stride);
    };
    const auto close = [&](std::uint32_t bottom) {
      if (const T label = label_at(top)) found.add(label, {column * height + top, bottom - top});
      top = bottom;
    };
    if (labels.row_stride == sizeof(T)) {
      for_each_difference<T>(first + sizeof(T), first, height - 1,
                             [&](std::size_t i) { close(static_cast<std::uint32_t>(i) + 1); });
    } else {
      for (std::uint32_t row = 1; row < height; ++row) {
        if (label_at(row) != label_at(row - 1)) close(row);
      }
    }
    close(height);
  }
}

template <class T>
std::vector<LabelledRle> read(const LabelView& labels) {
  LabelRuns found;
  if (labels.column_stride == sizeof(T)) {
    read_rows<T>(labels, found);
  } else {
    read_columns<T>(labels, found);
  }
  return found.take(labels.shape);
}

}  // namespace

template <class T>
void to_labels(Masks masks, Shape shape, T* out) {
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const Rle along_rows = masks[i]->transposed();
    for (const Run& run : along_rows.runs()) {
      T* const first = out + run.start;
      T* const last = first + run.length;
      T seen = 0;
      for (const T* at = first; at != last; ++at) seen = static_cast<T>(seen | *at);
      if (seen != 0) {
        const T* const at = std::find_if(first, last, [](T label) { return label != 0; });
        const auto position = static_cast<std::uint32_t>(at - out);
        throw FormatError("rles[" + std::to_string(*at - 1) + "] and rles[" + std::to_string(i) + "] overlap at row " +
                          std::to_string(position / shape.width) + ", column " +
                          std::to_string(position % shape.width) + kOverlapHint);
      }
      std::fill(first, last, static_cast<T>(i + 1));
    }
  }
}

template void to_labels(Masks, Shape, std::uint8_t*);
template void to_labels(Masks, Shape, std::uint16_t*);
template void to_labels(Masks, Shape, std::int32_t*);

std::vector<LabelledRle> from_labels(const LabelView& labels) {
  switch (labels.item_size) {
    case 1:
      return read<std::uint8_t>(labels);
    case 2:
      return read<std::uint16_t>(labels);
    case 4:
      return read<std::uint32_t>(labels);
    default:
      return read<std::uint64_t>(labels);
  }
}

}  // namespace shipedge
