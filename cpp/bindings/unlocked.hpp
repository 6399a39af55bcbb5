#pragma once

#include <pybind11/pybind11.h>

namespace shipedge {

/// Takes the interpreter's lock back for this thread. CPython before 3.14 ends a thread that asks for the lock while
/// the interpreter ends, by unwinding its stack through destructors that need the lock. Such a thread sleeps here
/// instead, until the process is gone, as in CPython 3.14.
void lock_again(PyThreadState* state) noexcept;

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
