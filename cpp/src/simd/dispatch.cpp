#include <array>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "avx2.hpp"
#include "avx512.hpp"
#include "neon.hpp"
#include "portable.hpp"
#include "sse2.hpp"

namespace shipedge::simd {
namespace {

constexpr const char* kNames[] = {"portable", "sse2", "avx2", "avx512", "neon"};

constexpr Kernels kPortable{
    .name = "portable",
    .clear = portable::clear,
    .read_runs = portable::read_runs,
    .write_runs = portable::write_runs,
    .paint_rows = portable::paint_rows,
    .find_strips = portable::find_strips,
    .pack_block = portable::pack_block,
    .pack_lines = portable::pack_lines,
    .list_bits = portable::list_bits,
    .crc32 = portable::crc32,
    .find_specials = portable::find_specials,
};

#ifdef SHIPEDGE_HAS_SSE2
constexpr Kernels kSse2 = [] {
  Kernels kernels = kPortable;
  kernels.name = "sse2";
  kernels.read_runs = sse2::read_runs;  // where it pays
  return kernels;
}();
#endif

#ifdef SHIPEDGE_HAS_AVX2
constexpr Kernels kAvx2{
    .name = "avx2",
    .clear = avx2::clear,
    .read_runs = avx2::read_runs,
    .write_runs = avx2::write_runs,
    .paint_rows = avx2::paint_rows,
    .find_strips = avx2::find_strips,
    .pack_block = avx2::pack_block,
    .pack_lines = avx2::pack_lines,
    .list_bits = avx2::list_bits,
    .crc32 = avx2::crc32,
    .find_specials = avx2::find_specials,
};

bool has_avx2() noexcept {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul");
}
#endif

#ifdef SHIPEDGE_HAS_AVX512
constexpr Kernels kAvx512{
    .name = "avx512",
    .clear = avx512::clear,
    .read_runs = avx512::read_runs,
    .write_runs = avx512::write_runs,
    .paint_rows = avx512::paint_rows,
    .find_strips = avx512::find_strips,
    .pack_block = avx512::pack_block,
    .pack_lines = avx512::pack_lines,
    .list_bits = avx512::list_bits,
    .crc32 = avx2::crc32,
    .find_specials = avx512::find_specials,
};

bool has_avx512() noexcept {
  return has_avx2() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}
#endif

#ifdef SHIPEDGE_HAS_NEON
Kernels neon_kernels() noexcept {
  return {
      .name = "neon",
      .clear = portable::clear,
      .read_runs = neon::read_runs,
      .write_runs = neon::write_runs,
      .paint_rows = neon::paint_rows,
      .find_strips = portable::find_strips,  // a compiler makes the same of it
      .pack_block = neon::pack_block,
      .pack_lines = neon::pack_lines,
      .list_bits = neon::list_bits,
      .crc32 = neon::has_crc32() ? neon::crc32 : portable::crc32,
      .find_specials = neon::find_specials,
  };
}
#endif

/// Those of this machine, in a row.
struct Tiers {
  std::array<const Kernels*, std::size(kNames)> all{};
  std::size_t count = 0;
};

Tiers find_tiers() noexcept {
  Tiers found;
  found.all[found.count++] = &kPortable;
#ifdef SHIPEDGE_HAS_SSE2
  found.all[found.count++] = &kSse2;
#endif
#ifdef SHIPEDGE_HAS_AVX2
  if (has_avx2()) found.all[found.count++] = &kAvx2;
#endif
#ifdef SHIPEDGE_HAS_AVX512
  if (has_avx512()) found.all[found.count++] = &kAvx512;
#endif
#ifdef SHIPEDGE_HAS_NEON
  static const Kernels neon = neon_kernels();
  found.all[found.count++] = &neon;
#endif
  return found;
}

/// Names with commas between them, an "or" before the last one.
template <class Names>
std::string listed(const Names& names) {
  std::string text;
  std::size_t left = names.size();
  for (const auto& name : names) {
    if (!text.empty()) text += left == 1 ? " or " : ", ";
    text += name;
    --left;
  }
  return text;
}

const Kernels* named(std::string_view name) {
  std::vector<std::string> here;
  for (const Kernels* kernels : tiers()) {
    if (kernels->name == name) return kernels;
    here.emplace_back(kernels->name);
  }
  std::string shown;  // it may hold anything
  for (const char c : name.substr(0, 40)) shown += c >= ' ' && c <= '~' ? c : '?';
  bool known = false;
  for (const char* const other : kNames) known |= other == name;
  throw std::invalid_argument("kernels '" + shown + "' " + (known ? "do not run on this machine" : "are unknown") +
                              ", expected " + listed(here));
}

const Kernels* chosen() {
  const char* const name = std::getenv("SHIPEDGE_KERNELS");
  if (name == nullptr || *name == 0) return tiers().back();
  try {
    return named(name);
  } catch (const std::invalid_argument& wrong) {
    throw std::invalid_argument(std::string("SHIPEDGE_KERNELS: ") + wrong.what());
  }
}

std::atomic<const Kernels*>& in_use() {
  static std::atomic<const Kernels*> kernels = chosen();
  return kernels;
}

}  // namespace

std::span<const Kernels* const> tiers() noexcept {
  static const Tiers found = find_tiers();
  return {found.all.data(), found.count};
}

const Kernels& best() { return *in_use().load(std::memory_order_relaxed); }

void use(std::string_view name) { in_use().store(named(name), std::memory_order_relaxed); }

}  // namespace shipedge::simd
