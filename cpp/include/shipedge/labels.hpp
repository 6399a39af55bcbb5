#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shipedge/rle.hpp"
#include "shipedge/set_ops.hpp"

/// Label maps: 0 is background, every other number the pixels of one mask.
namespace shipedge {

/// Numbers the masks from 1 in a C-order image of zeros. T is std::uint8_t, std::uint16_t or std::int32_t, wide
/// enough. Throws FormatError where two masks share a pixel.
template <class T>
void to_labels(Masks masks, Shape shape, T* out);

/// Someone else's labels of 1, 2, 4 or 8 bytes, any strides (bytes, negative too).
struct LabelView {
  const std::byte* data = nullptr;
  Shape shape;
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 0;
  std::size_t item_size = 1;
};

struct LabelledRle {
  std::uint64_t label;  ///< the label's bytes as an unsigned number
  Rle rle;
};

/// The mask of each label, in the order of their first pixels in column-major order.
std::vector<LabelledRle> from_labels(const LabelView& labels);

}  // namespace shipedge
