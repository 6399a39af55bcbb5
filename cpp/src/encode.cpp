#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "shipedge/kernels.hpp"
#include "shipedge/mask.hpp"

namespace shipedge {
namespace {

using simd::kSide;  // a block is 64 x 64 pixels: one machine word per column

/// The non-empty blocks of a mask as bits: bit r of word c is row r of column c.
class BlockStore {
 public:
  /// Empty blocks; the memory of the last mask is used again.
  void reset(Shape shape) {
    bands_ = (shape.height - 1) / kSide + 1;
    strips_ = (shape.width - 1) / kSide + 1;
    words_.clear();
    index_.clear();
    const std::size_t blocks = std::size_t{bands_} * strips_;
    std::fill_n(index_.reserve(blocks), blocks, kEmpty);
    index_.grow(blocks);
  }

  /// The 64 words of a block, zero at first; valid until the next call.
  std::uint64_t* block(std::uint32_t band, std::uint32_t strip) {
    std::uint32_t& index = index_.data()[std::size_t{strip} * bands_ + band];
    if (index == kEmpty) {
      index = static_cast<std::uint32_t>(words_.size() / kSide);
      std::fill_n(words_.reserve(kSide), kSide, std::uint64_t{0});
      words_.grow(kSide);
    }
    return words_.data() + std::size_t{index} * kSide;
  }

  /// nullptr for an empty block.
  [[nodiscard]] const std::uint64_t* get(std::uint32_t band, std::uint32_t strip) const noexcept {
    const std::uint32_t index = index_.data()[std::size_t{strip} * bands_ + band];
    return index == kEmpty ? nullptr : words_.data() + std::size_t{index} * kSide;
  }

  [[nodiscard]] std::uint32_t strips() const noexcept { return strips_; }
  [[nodiscard]] std::uint32_t bands() const noexcept { return bands_; }

 private:
  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};

  std::uint32_t strips_ = 0;
  std::uint32_t bands_ = 0;
  Buffer<std::uint32_t> index_;
  Buffer<std::uint64_t> words_;
};

/// Copies a block into a zero-padded 64 x 64 tile, whatever its strides and size.
void gather(const MaskView& mask, std::uint32_t top, std::uint32_t left, std::uint8_t* tile) noexcept {
  const std::uint32_t height = std::min(kSide, mask.shape.height - top);
  const std::uint32_t width = std::min(kSide, mask.shape.width - left);
  std::memset(tile, 0, std::size_t{kSide} * kSide);
  for (std::uint32_t r = 0; r < height; ++r) {
    const std::uint8_t* from = mask.data + static_cast<std::ptrdiff_t>(top + r) * mask.row_stride +
                               static_cast<std::ptrdiff_t>(left) * mask.column_stride;
    std::uint8_t* to = tile + std::size_t{r} * kSide;
    if (mask.column_stride == 1) {
      std::memcpy(to, from, width);
    } else {
      for (std::uint32_t c = 0; c < width; ++c, from += mask.column_stride) to[c] = *from;
    }
  }
}

bool any_set(const std::uint8_t* bytes, std::size_t count) noexcept {
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < count; ++i) seen = static_cast<std::uint8_t>(seen | bytes[i]);
  return seen != 0;
}

/// Where pixels are contiguous along the rows: one pass over each band of 64 rows finds the strips of 64 columns that
/// hold anything. Those go to pack(pixels, band, strip, height, width).
template <class Pack>
void find_blocks(const MaskView& mask, Pack&& pack) {
  const auto& kernels = simd::best();
  const auto [height, width] = mask.shape;
  thread_local Buffer<std::uint8_t> found;
  found.clear();
  std::uint8_t* const any = found.reserve((width - 1) / kSide + 1);
  for (std::uint32_t top = 0; height - top != 0; top += std::min(kSide, height - top)) {
    const std::uint32_t rows = std::min(kSide, height - top);
    const std::uint8_t* const pixels = mask.data + static_cast<std::ptrdiff_t>(top) * mask.row_stride;
    kernels.find_strips(pixels, mask.row_stride, rows, width, any);
    for (std::uint32_t left = 0; width - left != 0; left += std::min(kSide, width - left)) {
      if (any[left / kSide] == 0) continue;
      pack(pixels + left, top / kSide, left / kSide, rows, std::min(kSide, width - left));
    }
  }
}

/// Any other strides: block by block through a copy.
void fill_from_anywhere(const MaskView& mask, BlockStore& store) {
  std::uint8_t tile[kSide * kSide];
  for (std::uint32_t band = 0; band < store.bands(); ++band) {
    for (std::uint32_t strip = 0; strip < store.strips(); ++strip) {
      gather(mask, band * kSide, strip * kSide, tile);
      if (any_set(tile, sizeof tile)) simd::best().pack_block(tile, kSide, kSide, kSide, store.block(band, strip));
    }
  }
}

/// Walks the words of all columns in order and collects where pixels differ from the one before: two such edges are a
/// run.
class EdgeWriter {
 public:
  explicit EdgeWriter(RunBuffer& runs) noexcept : runs_(runs) {}

  /// The next up to 64 pixels, `valid` of them, from column-major position `at` on.
  void word(std::uint32_t at, std::uint64_t bits, std::uint32_t valid) {
    if (at != next_) gap();
    std::uint64_t edges = bits ^ (bits << 1 | open_);
    if (valid < kSide) edges &= (std::uint64_t{1} << valid) - 1;
    if (edges != 0) add(edges, at);
    open_ = bits >> (valid - 1) & 1;
    next_ = at + valid;
  }

  void finish() {
    gap();
    flush();
  }

 private:
  static constexpr std::size_t kHeld = 64;

  /// Empty pixels follow: closes the open run.
  void gap() {
    if (open_ != 0) add(1, next_);
    open_ = 0;
  }

  void add(std::uint64_t edges, std::uint32_t at) {
    words_[held_] = edges;
    at_[held_] = at;
    if (++held_ == kHeld) flush();
  }

  void flush() {
    // Edges lie in memory as runs do, start and end; the end then becomes a length.
    Run* const run = runs_.reserve(kHeld * kSide / 2 + kSide);
    static_assert(sizeof(Run) == 2 * sizeof(std::uint32_t));
    auto* const edges = reinterpret_cast<std::uint32_t*>(run);
    edges[0] = half_;
    const std::uint32_t* const end = simd::best().list_bits(words_, at_, held_, edges + (has_half_ ? 1 : 0));
    const auto count = static_cast<std::size_t>(end - edges);
    has_half_ = count % 2 != 0;
    if (has_half_) half_ = edges[count - 1];
    for (std::size_t i = 0; i < count / 2; ++i) run[i].length -= run[i].start;
    runs_.grow(count / 2);
    held_ = 0;
  }

  RunBuffer& runs_;
  std::uint64_t words_[kHeld];  // edges not yet listed
  std::uint32_t at_[kHeld];     // and the position of each word's first bit
  std::size_t held_ = 0;
  std::uint32_t half_ = 0;  // a start whose end is still to come
  bool has_half_ = false;
  std::uint64_t open_ = 0;  // 1 while the pixel before next_ is set
  std::uint32_t next_ = 0;
};

}  // namespace

void encode(const MaskView& mask, RunBuffer& runs) {
  const auto [height, width] = mask.shape;
  if (height == 0 || width == 0) return;
  thread_local BlockStore store;
  store.reset(mask.shape);
  if (mask.column_stride == 1) {  // C order
    find_blocks(mask, [&](const std::uint8_t* pixels, auto band, auto strip, auto rows, auto columns) {
      simd::best().pack_block(pixels, mask.row_stride, rows, columns, store.block(band, strip));
    });
  } else if (mask.row_stride == 1) {  // Fortran order: the rows of the transposed mask are columns
    find_blocks(mask.transposed(), [&](const std::uint8_t* pixels, auto strip, auto band, auto columns, auto rows) {
      simd::best().pack_lines(pixels, mask.column_stride, columns, rows, store.block(band, strip));
    });
  } else {
    fill_from_anywhere(mask, store);
  }
  EdgeWriter writer(runs);
  std::vector<std::pair<std::uint32_t, const std::uint64_t*>> blocks;
  for (std::uint32_t strip = 0; strip < store.strips(); ++strip) {
    blocks.clear();
    for (std::uint32_t band = 0; band < store.bands(); ++band) {
      if (const std::uint64_t* words = store.get(band, strip)) blocks.emplace_back(band, words);
    }
    if (blocks.empty()) continue;
    const std::uint32_t columns = std::min(kSide, width - strip * kSide);
    for (std::uint32_t c = 0; c < columns; ++c) {
      for (const auto& [band, words] : blocks) {
        const std::uint32_t top = band * kSide;
        writer.word((strip * kSide + c) * height + top, words[c], std::min(kSide, height - top));
      }
    }
  }
  writer.finish();
}

}  // namespace shipedge
