/// Any bytes as COCO's compressed counts: a mask that survives the way there and back, or one FormatError.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "shipedge/coco.hpp"
#include "shipedge/error.hpp"

using namespace shipedge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  // Two bytes per side; the last bits stretch them, so that counts of seven characters can be right too.
  const unsigned stretch = (data[0] >> 6) * 8U;
  const Shape shape{((data[0] & 0x3fU) << 8 | data[1]) + 1U, 1};
  const std::uint64_t pixels = std::uint64_t{shape.height} << stretch;
  if (pixels >= std::uint64_t{1} << 32) return 0;
  const Shape large{static_cast<std::uint32_t>(pixels), 1};
  const std::vector<char> exact(data + 2, data + size);  // memory of exactly the text's size
  Rle mask(large);
  try {
    mask = from_compressed_counts({exact.data(), exact.size()}, large);
  } catch (const FormatError&) {
    return 0;
  }
  if (from_compressed_counts(compress_counts(mask), large) != mask) std::abort();
  const std::vector<std::uint32_t> counts = to_counts(mask);
  if (from_counts(std::vector<std::int64_t>(counts.begin(), counts.end()), large) != mask) std::abort();
  return 0;
}
