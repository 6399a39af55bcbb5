#include "unlocked.hpp"

#include <chrono>
#include <thread>

namespace shipedge {

void lock_again(PyThreadState* state) noexcept {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {  // glibc unwinds a thread that ends: nothing else is thrown here
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
}

}  // namespace shipedge
