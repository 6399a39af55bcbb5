#pragma once

#include <atomic>

namespace shipedge {

/// A mutex that a forked child does not wait for when a thread held it that the child does not have.
class ForkLock {
 public:
  /// False where it was held when the process was forked: what it guards may be half changed then.
  [[nodiscard]] bool lock() noexcept;
  void unlock() noexcept;

 private:
  std::atomic<unsigned> holder_ = 0;  // 0 while free, else 1 + how many forks lay behind the process that holds it
};

}  // namespace shipedge
