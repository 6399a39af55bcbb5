#include <vector>

#include "fuzz.hpp"
#include "reference.hpp"

/// Masks as NumPy may hand them over: any sides, any strides, any values. Encoding and painting are compared with the
/// truth pixel by pixel, in memory of exactly the size that the view spans.
namespace {

using shipedge::MaskView;
using shipedge::Rle;
using shipedge::Run;
using shipedge::Shape;

/// Pixels from the rest of the input, over and over: as bits, as bytes, or nearly nothing.
reference::Mask mask_of(fuzz::Input& input, Shape shape) {
  const std::uint8_t style = input.byte();
  const std::string_view source = input.rest();
  reference::Mask mask{shape, std::vector<std::uint8_t>(shape.pixels())};
  if (source.empty()) return mask;
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(source[(style & 1 ? i : i / 8) % source.size()]);
    const bool set = style & 1 ? (byte & 3) == 0 : (byte >> (i % 8) & 1) != 0;
    mask.pixels[i] = set ? static_cast<std::uint8_t>(style | 1) : std::uint8_t{0};
  }
  if (style & 2) {  // sparse: rows of a few pixels in the middle of nothing
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
      if (i / shape.width % 16 != 3) mask.pixels[i] = 0;
    }
  }
  return mask;
}

/// The mask with its pixels `column_step` bytes apart and its rows `gap` bytes more, either backwards if asked for.
class Spread {
 public:
  Spread(const reference::Mask& mask, std::uint8_t layout) : shape_(mask.shape) {
    const std::ptrdiff_t column_step = 1 + (layout & 3);
    const std::ptrdiff_t row_step = column_step * shape_.width + (layout >> 2 & 7);
    const bool by_columns = (layout & 32) != 0;
    column_stride_ = by_columns ? 1 + (layout >> 2 & 7) + static_cast<std::ptrdiff_t>(shape_.height) : column_step;
    row_stride_ = by_columns ? 1 : row_step;
    if (shape_.pixels() == 0) return;
    const std::ptrdiff_t last_row = (static_cast<std::ptrdiff_t>(shape_.height) - 1) * row_stride_;
    const std::ptrdiff_t last_column = (static_cast<std::ptrdiff_t>(shape_.width) - 1) * column_stride_;
    bytes_.assign(static_cast<std::size_t>(last_row + last_column + 1), 0xAA);
    if ((layout & 64) != 0) {
      first_ += last_row;
      row_stride_ = -row_stride_;
    }
    if ((layout & 128) != 0) {
      first_ += last_column;
      column_stride_ = -column_stride_;
    }
    for (std::uint32_t row = 0; row < shape_.height; ++row) {
      for (std::uint32_t column = 0; column < shape_.width; ++column) {
        const std::ptrdiff_t at = first_ + row * row_stride_ + column * column_stride_;
        bytes_[static_cast<std::size_t>(at)] = mask.pixels[std::size_t{row} * shape_.width + column];
      }
    }
  }

  [[nodiscard]] MaskView view() const { return {bytes_.data() + first_, shape_, row_stride_, column_stride_}; }

 private:
  Shape shape_;
  std::ptrdiff_t row_stride_ = 0;
  std::ptrdiff_t column_stride_ = 0;
  std::ptrdiff_t first_ = 0;
  std::vector<std::uint8_t> bytes_;
};

double sum_of(const reference::Mask& mask, const MaskView& values) {
  double sum = 0;
  for (std::uint32_t row = 0; row < mask.shape.height; ++row) {
    for (std::uint32_t column = 0; column < mask.shape.width; ++column) {
      if (mask.at(row, column)) sum += values.data[row * values.row_stride + column * values.column_stride];
    }
  }
  return sum;
}

void check_painting(const reference::Mask& mask, const Rle& rle) {
  const reference::Mask painted = reference::painted(rle);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    FUZZ_CHECK(painted.pixels[i] == (mask.pixels[i] != 0 ? 1 : 0));
  }
  reference::Mask by_rows{mask.shape, std::vector<std::uint8_t>(mask.pixels.size())};
  shipedge::paint_row_major(rle.transposed().runs(), by_rows.pixels.data());
  FUZZ_CHECK(by_rows.pixels == painted.pixels);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint32_t height = input.between(0, 200);
  const Shape shape{height, input.between(0, 200)};
  const std::uint8_t layout = input.byte();
  const reference::Mask mask = mask_of(input, shape);
  const std::vector<Run> truth = reference::runs(mask);
  const Spread spread(mask, layout);
  FUZZ_CHECK(reference::encoded(spread.view()) == truth);
  FUZZ_CHECK(reference::encoded(mask.view()) == truth);

  const Rle rle = Rle::trusted(shape, truth);
  const reference::Mask turned = reference::transposed(mask);
  FUZZ_CHECK(reference::encoded(spread.view().transposed()) == reference::runs(turned));
  FUZZ_CHECK(rle.transposed() == reference::rle(turned));
  check_painting(mask, rle);
  const MaskView values = spread.view();
  const double sum = shipedge::sum_under<std::uint8_t>(rle, reinterpret_cast<const std::byte*>(values.data),
                                                       values.row_stride, values.column_stride);
  FUZZ_CHECK(sum == sum_of(mask, values));
  return 0;
}
