#include "shipedge/png.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "ship_codes.hpp"
#include "shipedge/error.hpp"
#include "shipedge/iou.hpp"
#include "zero_stream.hpp"

namespace shipedge {
namespace {

using deflate::Code;

/// One of the two ends of a vertical piece of a ship: what the filter leaves of it in its row.
struct Edge {
  std::uint32_t row;
  std::uint32_t column;  // byte of the row; pixel where a pixel has two bytes
  std::uint8_t high;
  std::uint8_t low;
  std::int16_t open;  // pieces more in this row than in the one above
};

/// A run of a label picture.
struct LabelRun {
  Run run;
  std::uint16_t label;
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

void append_edges(Runs runs, std::uint32_t height, std::uint32_t depth, std::uint16_t label, Buffer<Edge>& edges) {
  for_each_segment(runs, height, [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
    Edge* const edge = edges.reserve(2);
    const auto high = static_cast<std::uint8_t>(label >> 8);
    const auto low = static_cast<std::uint8_t>(depth == 1 ? 0x80U >> column % 8 : label & 0xffU);
    const std::uint32_t at = depth == 1 ? column / 8 : column;
    edge[0] = {top, at, high, low, 1};
    edge[1] = {bottom, at, static_cast<std::uint8_t>(-high), static_cast<std::uint8_t>(-low), -1};
    edges.grow(bottom == height ? 1 : 2);  // below the last row nothing follows
  });
}

/// The edges by rows; those of a row keep their order.
std::span<const Edge> by_rows(Buffer<Edge>& edges, Scratch& own) {
  const std::size_t count = edges.size();
  if (count == 0) return {};
  const auto [first, last] = std::ranges::minmax(edges, {}, &Edge::row);
  const std::size_t rows = std::size_t{last.row} - first.row + 1;
  if (rows > 4 * count + 4096) {  // counting would take longer than comparing
    std::ranges::stable_sort(edges, {}, &Edge::row);
    return {edges.data(), count};
  }
  own.rows.clear();
  std::uint32_t* const at = own.rows.reserve(rows + 1);
  std::fill_n(at, rows + 1, 0U);
  for (const Edge& edge : edges) ++at[edge.row - first.row + 1];
  for (std::size_t row = 1; row <= rows; ++row) at[row] += at[row - 1];
  own.sorted.clear();
  Edge* const sorted = own.sorted.reserve(count);
  for (const Edge& edge : edges) sorted[at[edge.row - first.row]++] = edge;
  return {sorted, count};
}

/// Writes the picture whose edges these are, row by row: one byte that names the filter, then what it leaves.
void write_rows(std::span<const Edge> edges, Shape shape, std::uint32_t depth, const Code& code, ByteBuffer& png) {
  constexpr std::uint8_t kUp = 2;  // rows without ink keep filter 0, so that all their bytes are zero
  const std::uint64_t row_bytes = 1 + (std::uint64_t{shape.width} * depth + 7) / 8;
  ZeroStream stream(code, shape.height * row_bytes, png);
  std::int64_t open = 0;
  std::uint32_t next = 0;  // first row not yet written
  for (std::size_t i = 0; i < edges.size();) {
    const std::uint32_t row = edges[i].row;
    if (open != 0) stream.like_above(next * row_bytes, row - next, row_bytes, kUp);
    std::size_t end = i;
    while (end < edges.size() && edges[end].row == row) ++end;
    stream.byte(row * row_bytes, kUp);
    while (i < end) {
      const std::uint32_t column = edges[i].column;
      std::uint8_t high = 0;
      std::uint8_t low = 0;
      for (; i < end && edges[i].column == column; ++i) {
        high = static_cast<std::uint8_t>(high + edges[i].high);
        low = static_cast<std::uint8_t>(low + edges[i].low);
        open += edges[i].open;
      }
      const std::uint64_t at = row * row_bytes + 1 + (depth == 16 ? 2 * std::uint64_t{column} : column);
      if (high != 0) stream.byte(at, high);
      if (low != 0) stream.byte(depth == 16 ? at + 1 : at, low);
    }
    next = row + 1;
  }
  if (open != 0) stream.like_above(next * row_bytes, shape.height - next, row_bytes, kUp);
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
        throw FormatError("ships " + std::to_string(a + 1) + " and " + std::to_string(b + 1) +
                          " overlap, a label picture cannot hold both");
      }
    }
  }
  throw FormatError("ships overlap, a label picture cannot hold them");
}

}  // namespace

void png_of_mask(const ShipRuns& ships, Shape shape, bool one_bit, ByteBuffer& png) {
  check(shape);
  Scratch& own = scratch();
  own.edges.clear();
  const std::uint32_t depth = one_bit ? 1 : 8;
  append_edges(together(ships, own), shape.height, depth, 255, own.edges);
  write_png(by_rows(own.edges, own), shape, depth, one_bit ? deflate::kByteCode : deflate::kMaskCode, png);
}

void png_of_labels(const ShipRuns& ships, Shape shape, ByteBuffer& png) {
  check(shape);
  const std::size_t count = ships.ends.size();
  if (count > std::numeric_limits<std::uint16_t>::max()) {
    throw FormatError(std::to_string(count) + " ships in one image, a 16-bit label picture holds 65535");
  }
  std::vector<LabelRun> runs;
  runs.reserve(ships.runs.size());
  for (std::size_t k = 0; k < count; ++k) {
    for (const Run& run : ships.ship(k)) runs.push_back({run, static_cast<std::uint16_t>(k + 1)});
  }
  std::ranges::sort(runs, {}, [](const LabelRun& one) { return one.run.start; });
  Scratch& own = scratch();
  own.edges.clear();
  const std::uint32_t depth = count < 256 ? 8 : 16;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i + 1 < runs.size() && runs[i + 1].run.start < runs[i].run.end()) complain_overlap(ships);
    append_edges({&runs[i].run, 1}, shape.height, depth, runs[i].label, own.edges);
  }
  write_png(by_rows(own.edges, own), shape, depth, deflate::kByteCode, png);
}

}  // namespace shipedge
