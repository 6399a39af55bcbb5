#pragma once

#include <pybind11/pybind11.h>

#include <exception>

namespace shipedge {

/// CPython before 3.14 ends a thread that asks for the interpreter's lock while the interpreter ends, by unwinding its
/// stack through destructors that need the lock. A thread that is ended so while this lives sleeps here instead, until
/// the process is gone, as in CPython 3.14.
class SleepAtExit {
 public:
  SleepAtExit() = default;
  ~SleepAtExit() {
    if (!returned_ && std::uncaught_exceptions() == exceptions_) sleep();
  }
  SleepAtExit(const SleepAtExit&) = delete;
  SleepAtExit& operator=(const SleepAtExit&) = delete;

  void returned() noexcept { returned_ = true; }

 private:
  static void sleep() noexcept;
  int exceptions_ = std::uncaught_exceptions();
  bool returned_ = false;
};

/// Makes a call that may ask for the lock inside: of Python code, and of NumPy, which gives it up for large arrays.
/// Nothing in the call itself may need the lock when its stack is unwound.
template <class Call>
auto guarded(Call call) {
  SleepAtExit guard;
  auto made = call();
  guard.returned();
  return made;
}

/// Takes the interpreter's lock back for this thread. Not noexcept, and never inlined into what is: the unwinder would
/// end the process there before it came to the guard.
[[gnu::noinline]] void lock_again(PyThreadState* state);

/// The interpreter's lock is free while this lives: nothing in its scope may touch Python.
class Unlocked {
 public:
  Unlocked() : state_(PyEval_SaveThread()) {}
  ~Unlocked() { lock_again(state_); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  friend class Relocked;
  PyThreadState* state_;
};

/// Holds the lock in the middle of such a scope, for a call back into Python on the same thread.
class Relocked {
 public:
  explicit Relocked(const Unlocked& around) { lock_again(around.state_); }
  ~Relocked() { PyEval_SaveThread(); }
  Relocked(const Relocked&) = delete;
  Relocked& operator=(const Relocked&) = delete;
};

}  // namespace shipedge
