#include "mask_pool.hpp"

#include <array>
#include <cstdlib>
#include <mutex>
#include <new>

namespace py = pybind11;

namespace shipedge {
namespace {

constexpr std::size_t kAlignment = 64;                    // a cache line
constexpr std::size_t kSmallest = std::size_t{64} << 10;  // below, NumPy's own memory is as good
constexpr std::size_t kKept = std::size_t{32} << 20;

/// What lies in front of the pixels.
struct Header {
  void* memory;  // as the C library knows it
  std::size_t size;
};
static_assert(sizeof(Header) <= kAlignment);

Header& header_of(std::uint8_t* pixels) noexcept { return *(reinterpret_cast<Header*>(pixels) - 1); }

std::uint8_t* allocate(std::size_t size) {
  void* const memory = std::calloc(size + 2 * kAlignment, 1);
  if (memory == nullptr) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(memory) + kAlignment;
  auto* const pixels = static_cast<std::uint8_t*>(memory) + 2 * kAlignment - address % kAlignment;
  new (&header_of(pixels)) Header{memory, size};
  return pixels;
}

void release(std::uint8_t* pixels) noexcept { std::free(header_of(pixels).memory); }

/// Memory of masks that are gone. Any thread may give and take; one that finds the pool busy does without it, so that a
/// child process that was forked while the lock was held does not wait for ever.
class Pool {
 public:
  std::uint8_t* take(std::size_t size) noexcept {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return nullptr;
    for (std::size_t i = count_; i-- > 0;) {
      if (header_of(free_[i]).size != size) continue;
      std::uint8_t* const found = free_[i];
      free_[i] = free_[--count_];
      bytes_ -= size;
      return found;
    }
    return nullptr;
  }

  /// False where the pool is full.
  bool give(std::uint8_t* pixels) noexcept {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    const std::size_t size = header_of(pixels).size;
    if (count_ == free_.size() || size > kKept - bytes_) return false;
    free_[count_++] = pixels;
    bytes_ += size;
    return true;
  }

 private:
  std::mutex mutex_;
  std::array<std::uint8_t*, 128> free_{};
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

/// Never destroyed: arrays may outlive everything else at exit.
Pool& pool() {
  static Pool& kept = *new Pool;
  return kept;
}

}  // namespace

PooledMask new_mask(Shape shape) {
  const std::size_t size = shape.pixels();
  const std::array<py::ssize_t, 2> sides{static_cast<py::ssize_t>(shape.height), static_cast<py::ssize_t>(shape.width)};
  if (size < kSmallest) {
    py::array_t<std::uint8_t> array(sides);
    std::uint8_t* const pixels = array.mutable_data();
    return {std::move(array), pixels, false};
  }
  std::uint8_t* pixels = pool().take(size);
  const bool is_clear = pixels == nullptr;
  if (is_clear) pixels = allocate(size);
  const py::capsule owner(pixels, [](void* memory) {
    auto* const given = static_cast<std::uint8_t*>(memory);
    if (!pool().give(given)) release(given);
  });
  return {py::array_t<std::uint8_t>(sides, pixels, owner), pixels, is_clear};
}

}  // namespace shipedge
