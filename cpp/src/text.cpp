#include "shipedge/text.hpp"

#include "shipedge/kernels.hpp"

namespace shipedge {

std::size_t format_airbus(Runs runs, char* out) noexcept {
  if (runs.empty()) return 0;
  return static_cast<std::size_t>(simd::best().write_runs(runs, out) - out) - 1;  // without the last space
}

}  // namespace shipedge
