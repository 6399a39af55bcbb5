#include "fork_lock.hpp"

#ifndef _WIN32
#include <pthread.h>
#endif

namespace shipedge {
namespace {

/// How many forks lie behind this process.
unsigned forks() noexcept {
  static std::atomic<unsigned> count = 0;
#ifndef _WIN32
  static const int counted = pthread_atfork(nullptr, nullptr, [] { ++count; });
  static_cast<void>(counted);
#endif
  return count;
}

}  // namespace

bool ForkLock::lock() noexcept {
  const unsigned mine = forks() + 1;
  for (unsigned holder = 0; !holder_.compare_exchange_strong(holder, mine); holder = 0) {
    if (holder != mine) return false;
    holder_.wait(holder);
  }
  return true;
}

void ForkLock::unlock() noexcept {
  holder_ = 0;
  holder_.notify_one();
}

}  // namespace shipedge
