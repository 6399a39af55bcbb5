#include "unlocked.hpp"

#include <chrono>
#include <thread>

namespace shipedge {

void SleepAtExit::sleep() noexcept {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void lock_again(PyThreadState* state) {
  SleepAtExit guard;
  PyEval_RestoreThread(state);
  guard.returned();
}

}  // namespace shipedge
