#include <vector>

#include "fuzz.hpp"
#include "shipedge/error.hpp"
#include "shipedge/jpeg_strips.hpp"

/// Any bytes: refused, or rows begin where they do, whether they are cut one by one or all together.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const shipedge::JpegStrips strips({data, size});
    if (strips.width() * strips.height() > (std::size_t{1} << 22)) return 0;
    std::vector<shipedge::JpegRow> together;
    FUZZ_CHECK(strips.cut(strips.begin(), 0, strips.rows(), together).size() > 4);
    FUZZ_CHECK(together.size() == strips.rows());
    shipedge::JpegRow start = strips.begin();
    for (std::size_t row = 0; row < strips.rows(); ++row) {
      std::vector<shipedge::JpegRow> following;
      // A strip is a JPEG of its own.
      const auto strip = strips.cut(start, row, 1, following);
      const shipedge::JpegStrips alone(strip);
      FUZZ_CHECK(alone.rows() == 1 && alone.width() == strips.width());
      std::vector<shipedge::JpegRow> end;
      FUZZ_CHECK(alone.cut(alone.begin(), 0, 1, end) == strip);
      start = following.front();
      FUZZ_CHECK(start.at == together[row].at && start.bits == together[row].bits && start.dc == together[row].dc);
    }
  } catch (const shipedge::FormatError&) {
    return 0;
  }
  return 0;
}
