#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What every fuzz target needs: a reader of its input, and a way to say that something is wrong.
namespace fuzz {

/// Takes the input apart from the front; gives zeros where it is exhausted.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  std::uint8_t byte() { return at_ == end_ ? std::uint8_t{0} : *at_++; }

  std::uint32_t number(int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }

  /// A number in [low, high], from two bytes.
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + number(2) % (high - low + 1); }

  /// What is left, as characters.
  [[nodiscard]] std::string_view rest() const {
    return {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(end_ - at_)};
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

[[noreturn]] inline void fail(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: expected %s\n", file, line, condition);
  std::abort();
}

}  // namespace fuzz

/// A check that stays in every build.
#define FUZZ_CHECK(condition) \
  if (!(condition)) fuzz::fail(#condition, __FILE__, __LINE__)
