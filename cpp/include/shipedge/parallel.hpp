#pragma once

#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace shipedge {

/// Calls work(0) .. work(count - 1) at the same time, the first of them on this thread, and waits for all. Rethrows
/// the exception of the lowest index.
template <class Work>
void parallel(std::size_t count, Work&& work) {
  if (count == 1) return work(std::size_t{0});
  std::vector<std::exception_ptr> failures(count);
  const auto guarded = [&](std::size_t index) noexcept {
    try {
      work(index);
    } catch (...) {
      failures[index] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;  // joined at the end of the block
    threads.reserve(count);
    for (std::size_t index = 1; index < count; ++index) threads.emplace_back(guarded, index);
    if (count != 0) guarded(0);
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace shipedge
