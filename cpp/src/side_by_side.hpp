#pragma once

#include <cstddef>
#include <exception>
#include <latch>
#include <thread>
#include <vector>

#include "no_fork.hpp"

namespace shipedge {

/// Calls work(0) ... work(count - 1), each on its own thread, the first one on this; what one of them throws is thrown
/// here once all have ended. Where the system gives no more threads, the rest is done here.
template <class Work>
void side_by_side(std::size_t count, Work&& work) {
  if (count == 0) return;
  if (count == 1) return work(std::size_t{0});
  std::vector<std::exception_ptr> troubles(count);
  const auto guarded = [&](std::size_t i) noexcept {
    try {
      work(i);
    } catch (...) {
      troubles[i] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(count);
  std::latch done(static_cast<std::ptrdiff_t>(count));
  std::size_t started = 1;
  try {
    const NoFork starting;
    for (; started < count; ++started) {
      threads.emplace_back([&guarded, &done, started] {
        guarded(started);
        done.count_down();
      });
    }
  } catch (const std::exception&) {  // no thread or no memory for one more
  }
  guarded(0);
  for (std::size_t i = started; i < count; ++i) guarded(i);
  done.arrive_and_wait(static_cast<std::ptrdiff_t>(1 + count - started));
  const NoFork ending;
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& trouble : troubles) {
    if (trouble) std::rethrow_exception(trouble);
  }
}

}  // namespace shipedge
