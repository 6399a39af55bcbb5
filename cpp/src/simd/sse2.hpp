#pragma once

#include "shipedge/kernels.hpp"

#if defined(__SSE2__) || defined(_M_X64)
#define SHIPEDGE_HAS_SSE2

/// What every x86-64 has; kernels.hpp says what each does.
namespace shipedge::simd::sse2 {

std::size_t read_runs(TextCursor& cursor, Run* out) noexcept;

}  // namespace shipedge::simd::sse2

#endif
