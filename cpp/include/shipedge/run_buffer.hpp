#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "shipedge/rle.hpp"

namespace shipedge {

/// Runs in uninitialised, reusable memory: one per thread spares the allocation of each call.
class RunBuffer {
 public:
  /// Room for `count` more runs behind the present ones.
  Run* reserve(std::size_t count) {
    if (size_ + count > capacity_) {
      const std::size_t capacity = std::max(size_ + count, capacity_ + capacity_ / 2);
      auto grown = std::make_unique_for_overwrite<Run[]>(capacity);
      std::copy_n(data_.get(), size_, grown.get());
      data_ = std::move(grown);
      capacity_ = capacity;
    }
    return data_.get() + size_;
  }

  /// Forgets the runs; keeps at most 8 MiB of memory.
  void clear() noexcept {
    size_ = 0;
    if (capacity_ > kKept) {
      data_.reset();
      capacity_ = 0;
    }
  }

  void grow(std::size_t count) noexcept { size_ += count; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Runs runs() const noexcept { return {data_.get(), size_}; }
  [[nodiscard]] Runs from(std::size_t first) const noexcept { return runs().subspan(first); }
  [[nodiscard]] std::vector<Run> vector() const { return {data_.get(), data_.get() + size_}; }

 private:
  static constexpr std::size_t kKept = std::size_t{1} << 20;

  std::unique_ptr<Run[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace shipedge
