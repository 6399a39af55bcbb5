#include "shipedge/png.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ship_codes.hpp"
#include "shipedge/error.hpp"
#include "shipedge/iou.hpp"
#include "shipedge/kernels.hpp"
#include "zero_stream.hpp"

namespace shipedge {
namespace {

using deflate::Code;

/// One of the two ends of a vertical piece of a ship: what the filter leaves of it in its row.
struct Edge {
  std::uint32_t row;
  std::uint32_t column;  // byte of the row; pixel where a pixel has two bytes
  std::uint16_t value;   // one byte, or both of a pixel
  std::int16_t open;     // pieces more in this row than in the one above
};

/// Memory that a thread uses again and again.
struct Scratch {
  Buffer<Edge> edges;
  Buffer<Edge> sorted;
  Buffer<std::uint32_t> rows;
  RunBuffer merged[2];
  Buffer<std::size_t> ends[2];
};

Scratch& scratch() {
  thread_local Scratch own;
  return own;
}

/// Both bytes added for themselves, as the filter does.
constexpr std::uint32_t add_bytes(std::uint32_t a, std::uint32_t b) noexcept {
  return ((a & 0xff00) + (b & 0xff00)) % 0x10000 | (a + b) % 0x100;
}

constexpr std::uint16_t minus_bytes(std::uint32_t a) noexcept {
  return static_cast<std::uint16_t>((0x10000 - (a & 0xff00)) | ((0x100 - (a & 0xff)) & 0xff));
}

/// The edges of ships, and how many each row has.
class Edges {
 public:
  Edges(Shape shape, std::uint32_t depth, Scratch& own) : height_(shape.height), depth_(depth), own_(own) {
    own.edges.clear();
    own.rows.clear();
    if (height_ > kTallest) return;
    rows_ = own.rows.reserve(height_ + 1);
    std::fill_n(rows_, height_ + 1, 0U);
  }

  void add(Runs runs, std::uint16_t label) {
    Buffer<Edge>& edges = own_.edges;
    for_each_segment(runs, height_, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
      Edge* const edge = edges.reserve(2);
      const auto value = depth_ == 1 ? static_cast<std::uint16_t>(0x80U >> column % 8) : label;
      const std::uint32_t at = depth_ == 1 ? column / 8 : column;
      edge[0] = {top, at, value, 1};
      edge[1] = {bottom, at, minus_bytes(value), -1};
      edges.grow(bottom == height_ ? 1 : 2);  // below the last row nothing follows
      if (rows_ == nullptr) return;
      ++rows_[top];
      ++rows_[bottom];
      first_ = std::min(first_, top);
      last_ = std::max(last_, bottom);
    });
  }

  /// The edges by rows; those of a row keep their order.
  std::span<const Edge> by_rows() {
    Buffer<Edge>& edges = own_.edges;
    if (rows_ == nullptr) {
      std::ranges::stable_sort(edges, {}, &Edge::row);
      return {edges.data(), edges.size()};
    }
    std::uint32_t before = 0;
    for (std::uint32_t row = first_; row <= last_; ++row) before += std::exchange(rows_[row], before);
    own_.sorted.clear();
    Edge* const sorted = own_.sorted.reserve(edges.size());
    for (const Edge& edge : edges) sorted[rows_[edge.row]++] = edge;
    return {sorted, edges.size()};
  }

 private:
  static constexpr std::uint32_t kTallest = 1U
                                            << 14;  // counting the edges of more rows would take more memory than they

  std::uint32_t height_;
  std::uint32_t depth_;
  Scratch& own_;
  std::uint32_t* rows_ = nullptr;
  std::uint32_t first_ = ~std::uint32_t{0};
  std::uint32_t last_ = 0;
};

/// Writes the image whose edges these are, row by row: one byte that names the filter, then what it leaves.
void write_rows(std::span<const Edge> edges, Shape shape, std::uint32_t depth, const Code& code, ByteBuffer& png) {
  constexpr std::uint8_t kUp = 2;  // rows without ink keep filter 0, so that all their bytes are zero
  constexpr std::size_t kMost = 256;
  const std::uint64_t row_bytes = 1 + (std::uint64_t{shape.width} * depth + 7) / 8;
  ZeroStream stream(code, shape.height * row_bytes, png);
  ZeroStream::Item items[kMost];
  std::size_t count = 0;
  const auto flush = [&] {
    stream.bytes({items, count});
    count = 0;
  };
  std::int64_t open = 0;
  std::uint32_t next = 0;  // first row not yet begun
  const auto like_above = [&](std::uint32_t end) {
    flush();
    stream.like_above(next * row_bytes, end - next, row_bytes, kUp);
  };
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& edge = edges[i];
    const std::uint32_t row = edge.row;
    if (open != 0 && row > next) like_above(row);
    if (count + 3 > kMost) flush();
    items[count] = {row * row_bytes, kUp};  // kept if the row is a new one
    count += row >= next ? 1 : 0;
    next = row + 1;
    open += edge.open;
    std::uint32_t value = edge.value;
    // Packed pixels share a byte, and where labels meet one ends and one begins.
    for (; i + 1 < edges.size() && edges[i + 1].row == row && edges[i + 1].column == edge.column; ++i) {
      value = add_bytes(value, edges[i + 1].value);
      open += edges[i + 1].open;
    }
    const std::uint64_t at = row * row_bytes + 1 + (depth == 16 ? 2 * std::uint64_t{edge.column} : edge.column);
    if (depth == 16) {
      items[count] = {at, value >> 8};
      count += value >> 8 != 0 ? 1 : 0;
    }
    items[count] = {depth == 16 ? at + 1 : at, value & 0xff};
    count += (value & 0xff) != 0 ? 1 : 0;
  }
  if (open != 0 && next != shape.height) like_above(shape.height);
  flush();
  stream.finish();
}

void put_number(ByteBuffer& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push(static_cast<std::uint8_t>(number >> shift));
}

/// Appends a chunk whose data `write` appends.
template <class Write>
void put_chunk(ByteBuffer& png, const char* kind, Write&& write) {
  const std::size_t begin = png.size();
  put_number(png, 0);
  for (int i = 0; i < 4; ++i) png.push(static_cast<std::uint8_t>(kind[i]));
  write();
  const std::size_t size = png.size() - begin - 8;
  if (size > kMostPngSide) throw FormatError("the PNG takes " + std::to_string(size) + " bytes, expected under 2 GiB");
  for (unsigned i = 0; i < 4; ++i) png.data()[begin + i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
  put_number(png, crc32(png.data() + begin + 4, size + 4));
}

void write_png(std::span<const Edge> edges, Shape shape, std::uint32_t depth, const Code& code, ByteBuffer& png) {
  for (const char c : {'\x89', 'P', 'N', 'G', '\r', '\n', '\x1a', '\n'}) png.push(static_cast<std::uint8_t>(c));
  put_chunk(png, "IHDR", [&] {
    put_number(png, shape.width);
    put_number(png, shape.height);
    png.push(static_cast<std::uint8_t>(depth));
    for (int i = 0; i < 4; ++i) png.push(0);  // grey; compression, filter method and interlace 0
  });
  put_chunk(png, "IDAT", [&] { write_rows(edges, shape, depth, code, png); });
  put_chunk(png, "IEND", [] {});
}

void check(Shape shape) {
  if (shape.height == 0 || shape.width == 0 || shape.height > kMostPngSide || shape.width > kMostPngSide) {
    throw FormatError("shape (" + std::to_string(shape.height) + ", " + std::to_string(shape.width) +
                      ") is none of a PNG, expected sides of 1 to " + std::to_string(kMostPngSide) + " pixels");
  }
}

/// The runs of all ships in order, overlapping ones joined.
Runs together(const ShipRuns& ships, Scratch& own) {
  if (ships.ends.size() < 2) return ships.runs;
  // Two neighbours become one list, until one is left: each run moves log2(ships) times.
  ShipRuns level = ships;
  RunBuffer* merged = nullptr;
  for (unsigned turn = 0; level.ends.size() > 1; ++turn) {
    merged = &own.merged[turn % 2];
    Buffer<std::size_t>& ends = own.ends[turn % 2];
    merged->clear();
    ends.clear();
    Run* out = merged->reserve(level.runs.size());
    for (std::size_t k = 0; k < level.ends.size(); k += 2) {
      const Runs second = k + 1 < level.ends.size() ? level.ship(k + 1) : Runs{};
      out = std::ranges::merge(level.ship(k), second, out, {}, &Run::start, &Run::start).out;
      ends.push(static_cast<std::size_t>(out - merged->data()));
    }
    merged->grow(level.runs.size());
    level = {{merged->data(), merged->size()}, {ends.data(), ends.size()}};
  }
  Run* const first = merged->data();
  Run* last = first;
  for (const Run& run : level.runs) {
    if (run.start <= last->end()) {
      last->length = std::max(last->end(), run.end()) - last->start;
    } else {
      *++last = run;
    }
  }
  return {first, level.runs.empty() ? 0 : static_cast<std::size_t>(last - first) + 1};
}

/// Says which two ships share a pixel: the first one that meets an earlier one, and the last of those.
[[noreturn]] void complain_overlap(const ShipRuns& ships) {
  for (std::size_t b = 1; b < ships.ends.size(); ++b) {
    for (std::size_t a = b; a-- > 0;) {
      if (intersection_area(ships.ship(a), ships.ship(b)) != 0) {
        throw FormatError("ships " + std::to_string(a + 1) + " and " + std::to_string(b + 1) + " overlap" +
                          kOverlapHint);
      }
    }
  }
  throw FormatError(std::string("ships overlap") + kOverlapHint);
}

}  // namespace

void png_of_mask(const ShipRuns& ships, Shape shape, bool one_bit, ByteBuffer& png) {
  check(shape);
  Scratch& own = scratch();
  const std::uint32_t depth = one_bit ? 1 : 8;
  Edges edges(shape, depth, own);
  edges.add(together(ships, own), 255);
  write_png(edges.by_rows(), shape, depth, one_bit ? deflate::kByteCode : deflate::kMaskCode, png);
}

void png_of_labels(const ShipRuns& ships, Shape shape, Overlap rule, ByteBuffer& png) {
  check(shape);
  const std::size_t count = ships.ends.size();
  if (count > std::numeric_limits<std::uint16_t>::max()) {
    throw FormatError(std::to_string(count) + " ships in one image, a 16-bit label map holds 65535");
  }
  std::vector<OwnedRun> runs;
  runs.reserve(ships.runs.size());
  for (std::size_t k = 0; k < count; ++k) {
    for (const Run& run : ships.ship(k)) runs.push_back({run, static_cast<std::uint32_t>(k)});
  }
  std::ranges::sort(runs, {}, [](const OwnedRun& one) { return one.run.start; });
  const auto overlap = [](const OwnedRun& one, const OwnedRun& next) { return next.run.start < one.run.end(); };
  if (std::ranges::adjacent_find(runs, overlap) != runs.end()) {
    if (rule == Overlap::kError) complain_overlap(ships);
    std::vector<Runs> masks(count);
    for (std::size_t k = 0; k < count; ++k) masks[k] = ships.ship(k);
    runs = owned_runs(masks, rule);
  }
  Scratch& own = scratch();
  const std::uint32_t depth = count < 256 ? 8 : 16;
  Edges edges(shape, depth, own);
  for (const OwnedRun& one : runs) edges.add({&one.run, 1}, static_cast<std::uint16_t>(one.owner + 1));
  write_png(edges.by_rows(), shape, depth, deflate::kByteCode, png);
}

std::uint32_t crc32(const std::uint8_t* data, std::size_t size, std::uint32_t crc) noexcept {
  return ~simd::best().crc32(data, size, ~crc);
}

}  // namespace shipedge
