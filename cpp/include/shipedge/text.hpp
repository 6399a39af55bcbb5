#pragma once

#include <cstddef>
#include <string_view>

#include "shipedge/buffer.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

/// Appends the runs of an Airbus text ("start length start length ...", 1-based, column-major) to
/// `runs`; touching runs become one. Throws FormatError and appends nothing when the text is not a
/// mask of this shape. Row-major texts are read with the transposed shape.
void parse_airbus(std::string_view text, Shape shape, RunBuffer& runs);

/// Bytes behind the text that format_airbus may touch.
constexpr std::size_t kAirbusSlack = 64;

/// Most bytes that format_airbus touches for so many runs.
constexpr std::size_t airbus_bound(std::size_t runs) noexcept { return runs * 22 + kAirbusSlack; }

/// Writes the Airbus text of the runs to `out` (airbus_bound bytes) and returns its length.
std::size_t format_airbus(Runs runs, char* out) noexcept;

}  // namespace shipedge
