#include "no_fork.hpp"

#ifndef _WIN32
#include <pthread.h>
#endif

namespace shipedge {
namespace {

/// Held by whoever forks. Never destroyed: threads may work while the process ends.
std::mutex& forking() {
  static std::mutex& mutex = *new std::mutex;
#ifndef _WIN32
  static const int handled =
      pthread_atfork([] { forking().lock(); }, [] { forking().unlock(); }, [] { forking().unlock(); });
  static_cast<void>(handled);
#endif
  return mutex;
}

}  // namespace

NoFork::NoFork() : lock_(forking()) {}

}  // namespace shipedge
