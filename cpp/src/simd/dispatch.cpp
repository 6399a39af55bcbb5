#include <cstdlib>
#include <string_view>

#include "avx512.hpp"
#include "portable.hpp"
#include "sse2.hpp"

namespace shipedge::simd {
namespace {

const Kernels& choose() noexcept {
  const Kernels* const fast = avx512();
  return fast == nullptr || keep_portable() ? portable() : *fast;
}

}  // namespace

bool keep_portable() noexcept {
  const char* const forced = std::getenv("SHIPEDGE_FORCE_PORTABLE");
  return forced != nullptr && !std::string_view(forced).empty() && std::string_view(forced) != "0";
}

const Kernels& plain() noexcept {
  using namespace anywhere;
  static constexpr Kernels kKernels{"plain",     clear,      read_runs,  write_runs, paint_rows,
                                    find_strips, pack_block, pack_lines, list_bits};
  return kKernels;
}

const Kernels& portable() noexcept {
#ifdef SHIPEDGE_HAS_SSE2
  using namespace anywhere;
  static constexpr Kernels kKernels{"portable",  clear,      sse2::read_runs, write_runs, paint_rows,
                                    find_strips, pack_block, pack_lines,      list_bits};
  return kKernels;
#else
  return plain();
#endif
}

const Kernels* avx512() noexcept {
#ifdef SHIPEDGE_HAS_AVX512
  using namespace wide;
  static constexpr Kernels kKernels{"avx512",    clear,      read_runs,  write_runs, paint_rows,
                                    find_strips, pack_block, pack_lines, list_bits};
  static const bool there = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                            __builtin_cpu_supports("bmi2");
  return there ? &kKernels : nullptr;
#else
  return nullptr;
#endif
}

const Kernels& best() noexcept {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace shipedge::simd
