#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shipedge/buffer.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

/// Appends the runs of an Airbus text ("start length start length ...", 1-based, column-major) to
/// `runs`; touching runs become one. Throws FormatError and appends nothing when the text is not a
/// mask of this shape. Row-major texts are read with the transposed shape.
void parse_airbus(std::string_view text, Shape shape, RunBuffer& runs);

/// The same piece by piece, for texts whose runs no cache could hold.
class AirbusReader {
 public:
  struct Place {
    const char* begin;
    const char* at;
    const char* end;
    Shape shape;
  };

  AirbusReader(std::string_view text, Shape shape) noexcept;

  /// Appends the runs of the next `most` bytes of text or a few more; false at the end of the text. Runs of different
  /// pieces may touch.
  bool read(RunBuffer& runs, std::size_t most);

 private:
  Place place_;
  std::size_t index_ = 0;   // of the run to come
  std::uint64_t next_ = 1;  // its first allowed start, 1-based
};

/// Bytes behind the text that format_airbus may touch.
constexpr std::size_t kAirbusSlack = 64;

/// Most bytes that format_airbus touches for so many runs.
constexpr std::size_t airbus_bound(std::size_t runs) noexcept { return runs * 22 + kAirbusSlack; }

/// Writes the Airbus text of the runs to `out` (airbus_bound bytes) and returns its length.
std::size_t format_airbus(Runs runs, char* out) noexcept;

}  // namespace shipedge
