#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "shipedge/rle.hpp"

namespace shipedge {

/// A growing array in uninitialised memory. One per thread and use, cleared and filled again and again,
/// spares large masks the page faults of fresh memory, which cost more than the work itself.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Room for `count` more elements behind the present ones.
  T* reserve(std::size_t count) {
    if (size_ + count > capacity_) {
      const std::size_t capacity = std::max(size_ + count, 2 * capacity_);
      auto grown = std::make_unique_for_overwrite<T[]>(capacity);
      std::copy_n(data_.get(), size_, grown.get());
      data_ = std::move(grown);
      capacity_ = capacity;
    }
    return data_.get() + size_;
  }

  /// Says that `count` elements were written to reserved room.
  void grow(std::size_t count) noexcept { size_ += count; }

  void push(T value) {
    *reserve(1) = value;
    ++size_;
  }

  /// Forgets the elements; keeps at most 8 MiB of memory.
  void clear() noexcept {
    size_ = 0;
    if (capacity_ > kKeptBytes / sizeof(T)) {
      data_.reset();
      capacity_ = 0;
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T* data() noexcept { return data_.get(); }
  [[nodiscard]] const T* data() const noexcept { return data_.get(); }
  [[nodiscard]] T* begin() noexcept { return data_.get(); }
  [[nodiscard]] T* end() noexcept { return data_.get() + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data_.get(); }
  [[nodiscard]] const T* end() const noexcept { return data_.get() + size_; }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{8} << 20;

  std::unique_ptr<T[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

using RunBuffer = Buffer<Run>;

}  // namespace shipedge
