#pragma once

#include <tuple>

namespace shipedge {

/// Clears memory that a thread uses again, before and after a use: nothing is left over, and nothing large stays.
template <class... Kept>
class Cleared {
 public:
  explicit Cleared(Kept&... kept) noexcept : kept_(kept...) { clear(); }
  ~Cleared() { clear(); }
  Cleared(const Cleared&) = delete;
  Cleared& operator=(const Cleared&) = delete;

 private:
  void clear() noexcept {
    std::apply([](Kept&... kept) { (kept.clear(), ...); }, kept_);
  }

  std::tuple<Kept&...> kept_;
};

}  // namespace shipedge
