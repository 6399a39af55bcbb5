/// Any bytes as labels of any size and strides: every pixel is in the mask of its label and in no other.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "shipedge/labels.hpp"

using namespace shipedge;

namespace {

struct Header {
  std::uint8_t height;
  std::uint8_t width;  // times 12: more than one strip of columns
  std::uint8_t layout;
  std::uint8_t repeat;  // how many neighbours have the same label
};

/// The lowest bytes of a label as a number.
std::uint64_t label_at(const std::byte* at, std::size_t size) {
  std::uint64_t label = 0;
  for (std::size_t i = 0; i < size; ++i) label |= std::uint64_t{std::to_integer<std::uint8_t>(at[i])} << 8 * i;
  return label;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Header header;
  if (size <= sizeof header) return 0;
  std::memcpy(&header, data, sizeof header);
  data += sizeof header;
  size -= sizeof header;
  const Shape shape{header.height % 40U, header.width * 12U};
  const std::size_t item = std::size_t{1} << header.layout % 4;
  const bool by_columns = (header.layout & 4) != 0;
  const std::size_t gap = item * (header.layout >> 3 & 1);           // between neighbours
  const std::size_t offset = (header.layout >> 4 & 1) * (item - 1);  // labels need not be aligned
  const std::size_t inner = item + gap;
  const std::size_t lines = by_columns ? shape.width : shape.height;
  const std::size_t each = by_columns ? shape.height : shape.width;

  std::vector<std::byte> memory(offset + lines * each * inner);
  for (std::size_t i = 0; i < lines * each; ++i) {
    const std::size_t value = i / (1 + header.repeat % 70) * item;
    for (std::size_t k = 0; k < item; ++k) {
      memory[offset + i * inner + k] = std::byte{k < 2 ? data[(value + k) % size] : data[value % size]};
    }
  }
  const auto line = static_cast<std::ptrdiff_t>(each * inner);
  const auto step = static_cast<std::ptrdiff_t>(inner);
  LabelView view{memory.data() + offset, shape, by_columns ? step : line, by_columns ? line : step, item};
  if ((header.layout & 32) != 0 && shape.pixels() != 0) {  // upside down
    view.data += view.row_stride * static_cast<std::ptrdiff_t>(shape.height - 1);
    view.row_stride = -view.row_stride;
  }

  std::uint64_t ships = 0;
  std::vector<bool> taken(shape.pixels());
  for (const LabelledRle& part : from_labels(view)) {
    std::uint64_t next = 0;
    if (part.label == 0 || part.rle.empty()) std::abort();
    for (const Run& run : part.rle.runs()) {
      if (run.start < next || run.length == 0 || run.end() > shape.pixels()) std::abort();
      next = std::uint64_t{run.end()} + 1;
      for (std::uint32_t at = run.start; at < run.end(); ++at) {
        const std::byte* const place = view.data + static_cast<std::ptrdiff_t>(at / shape.height) * view.column_stride +
                                       static_cast<std::ptrdiff_t>(at % shape.height) * view.row_stride;
        if (taken[at] || label_at(place, item) != part.label) std::abort();
        taken[at] = true;
        ++ships;
      }
    }
  }
  for (std::size_t i = 0; i < lines * each; ++i) {
    if (label_at(memory.data() + offset + i * inner, item) != 0) --ships;
  }
  if (ships != 0) std::abort();
  return 0;
}
