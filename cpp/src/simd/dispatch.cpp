#include <cstdlib>
#include <string_view>

#include "shipedge/kernels.hpp"

namespace shipedge::simd {
namespace {

const Kernels& choose() noexcept {
  const char* const forced = std::getenv("SHIPEDGE_FORCE_PORTABLE");
  const bool keep_portable = forced != nullptr && !std::string_view(forced).empty() && std::string_view(forced) != "0";
  const Kernels* const fast = avx512();
  return fast == nullptr || keep_portable ? portable() : *fast;
}

}  // namespace

const Kernels& best() noexcept {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace shipedge::simd
