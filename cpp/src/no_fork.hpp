#pragma once

#include <mutex>

namespace shipedge {

/// No other thread forks the process while this lives; hold it briefly. glibc keeps the stacks of ended threads, and
/// with them their thread-local memory, for the next threads. A child that is forked while a thread is started or
/// joined finds that store half changed and frees memory twice when it starts a thread itself. Python starts and forks
/// under its lock; we start threads without it.
class NoFork {
 public:
  NoFork();

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace shipedge
