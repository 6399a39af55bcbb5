#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace shipedge {

/// A growing array in uninitialised memory for millions of elements. Large ones ask for huge pages: the page faults of
/// fresh memory cost several times as much as filling it.
template <class T>
class LargeArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  LargeArray() noexcept = default;
  explicit LargeArray(std::size_t capacity) { reserve(capacity); }
  LargeArray(const LargeArray&) = delete;
  LargeArray& operator=(const LargeArray&) = delete;
  LargeArray(LargeArray&& other) noexcept { swap(other); }
  LargeArray& operator=(LargeArray&& other) noexcept {
    swap(other);
    return *this;
  }
  ~LargeArray() { std::free(data_); }  // NOLINT(cppcoreguidelines-no-malloc): of std::aligned_alloc

  /// Room for `capacity` elements in all.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    if (capacity > kMost / sizeof(T)) throw std::bad_alloc();
    const std::size_t page = capacity * sizeof(T) < kHugePage ? kLine : kHugePage;
    const std::size_t bytes = (capacity * sizeof(T) + page - 1) / page * page;
#ifdef _MSC_VER
    void* const fresh = std::malloc(bytes);
#else
    void* const fresh = std::aligned_alloc(page, bytes);
#endif
    if (fresh == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (page == kHugePage) madvise(fresh, bytes, MADV_HUGEPAGE);  // only a wish: the answer does not matter
#endif
    if (size_ != 0) std::memcpy(fresh, data_, size_ * sizeof(T));
    std::free(data_);
    data_ = static_cast<T*>(fresh);
    capacity_ = bytes / sizeof(T);
  }

  void push(const T& value) {
    if (size_ == capacity_) reserve(std::max<std::size_t>(kLine, 2 * capacity_));
    data_[size_++] = value;
  }

  void append(const T* from, std::size_t count) {
    if (count == 0) return;
    reserve(size_ + count);
    std::memcpy(data_ + size_, from, count * sizeof(T));
    size_ += count;
  }

  /// Shorter, or longer by elements that the caller has written or will write.
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] T& back() noexcept { return data_[size_ - 1]; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kMost = ~std::size_t{0} / 4;

  void swap(LargeArray& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace shipedge
