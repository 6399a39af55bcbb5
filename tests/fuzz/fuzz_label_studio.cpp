/// Any bytes as Label Studio's packed mask: a mask that survives the way there and back, or one FormatError.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz.hpp"
#include "shipedge/error.hpp"
#include "shipedge/label_studio.hpp"

using namespace shipedge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const Shape shape{input.byte() % 40U, input.byte() % 40U};
  std::vector<std::uint8_t> packed;
  if (input.byte() % 8 != 0) {  // the header that is right
    const std::uint32_t values = 4 * shape.pixels();
    for (int shift = 24; shift >= 0; shift -= 8) packed.push_back(static_cast<std::uint8_t>(values >> shift));
    packed.push_back(static_cast<std::uint8_t>(7U << 3 | input.byte() % 8U));
  }
  for (const char c : input.rest()) packed.push_back(static_cast<std::uint8_t>(c));
  packed.shrink_to_fit();  // memory of exactly its size
  Rle mask(shape);
  try {
    mask = from_label_studio(packed, shape);
  } catch (const FormatError&) {
    return 0;
  }
  FUZZ_CHECK(from_label_studio(to_label_studio(mask), shape) == mask);
  return 0;
}
