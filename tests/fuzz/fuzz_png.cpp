#include <array>
#include <optional>
#include <vector>

#include "fuzz.hpp"
#include "shipedge/error.hpp"
#include "shipedge/png.hpp"

/// Any ships on any shape: the PNG, unpacked bit by bit, holds the pixels painted one by one, its checksums are right,
/// and it is not longer than promised.
namespace {

using shipedge::ByteBuffer;
using shipedge::Run;
using shipedge::Shape;
using shipedge::ShipRuns;
using Bytes = std::vector<std::uint8_t>;

std::uint32_t number_at(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

/// The symbols of a code by the length of their words, and how many words of each length there are.
struct Symbols {
  explicit Symbols(const std::vector<unsigned>& lengths) {
    for (unsigned length = 1; length < 16; ++length) {
      for (unsigned symbol = 0; symbol < lengths.size(); ++symbol) {
        if (lengths[symbol] == length) sorted.push_back(symbol);
      }
      count[length] = static_cast<unsigned>(std::count(lengths.begin(), lengths.end(), length));
    }
  }

  std::vector<unsigned> sorted;
  std::array<unsigned, 16> count{};
};

/// RFC 1951, slowly: one block with its own code.
class Inflater {
 public:
  Inflater(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  Bytes run() {
    FUZZ_CHECK(bits(3) == 5);
    const std::size_t symbols = bits(5) + 257;
    const std::size_t distances = bits(5) + 1;
    const std::size_t count = bits(4) + 4;
    constexpr std::array<int, 19> kOrder = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::vector<unsigned> small(19);
    for (std::size_t i = 0; i < count; ++i) small[static_cast<std::size_t>(kOrder[i])] = bits(3);
    const Symbols names(small);
    std::vector<unsigned> lengths;
    while (lengths.size() < symbols + distances) {
      const unsigned symbol = read(names);
      const unsigned repeats = symbol < 16 ? 1 : symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
      FUZZ_CHECK(symbol != 16 || !lengths.empty());
      lengths.insert(lengths.end(), repeats, symbol < 16 ? symbol : symbol == 16 ? lengths.back() : 0U);
    }
    FUZZ_CHECK(lengths.size() == symbols + distances);
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(symbols);
    const Symbols literals({lengths.begin(), middle});
    const Symbols backs({middle, lengths.end()});
    Bytes out;
    for (;;) {
      const unsigned symbol = read(literals);
      if (symbol == 256) return out;
      if (symbol < 256) {
        out.push_back(static_cast<std::uint8_t>(symbol));
        continue;
      }
      const unsigned step = symbol - 257;
      const unsigned extra = step < 8 || step == 28 ? 0 : step / 4 - 1;
      const std::size_t length = step == 28 ? 258 : step < 8 ? 3 + step : 3 + ((4 + step % 4) << extra) + bits(extra);
      const unsigned back = read(backs);
      const unsigned more = back < 4 ? 0 : back / 2 - 1;
      const std::size_t distance = back < 4 ? 1 + back : 1 + ((std::size_t{2} + back % 2) << more) + bits(more);
      FUZZ_CHECK(distance <= out.size());
      for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);
    }
  }

  [[nodiscard]] std::size_t bytes_read() const { return (at_ + 7) / 8; }

 private:
  unsigned bits(unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i, ++at_) {
      FUZZ_CHECK(at_ / 8 < size_);
      value |= (data_[at_ / 8] >> at_ % 8 & 1U) << i;
    }
    return value;
  }

  /// The symbol whose code word comes next: words of a length follow each other, and so do the lengths.
  unsigned read(const Symbols& code) {
    unsigned word = 0;
    unsigned first = 0;
    unsigned before = 0;
    for (unsigned length = 1; length < 16; ++length) {
      word = word << 1 | bits(1);
      first <<= 1;
      if (word - first < code.count[length]) return code.sorted[before + word - first];
      first += code.count[length];
      before += code.count[length];
    }
    FUZZ_CHECK(!"a code word that is in the code");
    return 0;
  }

  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

std::uint32_t slow_crc(const std::uint8_t* data, std::size_t size) {
  std::uint32_t sum = ~std::uint32_t{0};
  for (std::size_t i = 0; i < size; ++i) {
    sum ^= data[i];
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~sum;
}

/// The samples of a PNG, row by row.
std::vector<unsigned> pixels(const ByteBuffer& png, Shape shape, unsigned depth) {
  const std::uint8_t* const at = png.data();
  FUZZ_CHECK(png.size() > 57 && number_at(at + 8) == 13 && number_at(at + 16) == shape.width);
  FUZZ_CHECK(number_at(at + 20) == shape.height && at[24] == depth);
  const std::size_t size = number_at(at + 33);
  FUZZ_CHECK(png.size() == size + 57);
  FUZZ_CHECK(number_at(at + 29) == slow_crc(at + 12, 17));
  FUZZ_CHECK(number_at(at + 41 + size) == slow_crc(at + 37, size + 4));
  Inflater inflater(at + 43, size - 2);
  Bytes raw = inflater.run();
  FUZZ_CHECK(inflater.bytes_read() + 6 == size);
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const std::uint8_t byte : raw) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  FUZZ_CHECK(number_at(at + 41 + size - 4) == (high << 16 | low));
  const std::size_t row_bytes = 1 + (std::size_t{shape.width} * depth + 7) / 8;
  FUZZ_CHECK(raw.size() == row_bytes * shape.height);
  FUZZ_CHECK(size <= 200 + raw.size() * 11 / 8);
  std::vector<unsigned> values;
  for (std::size_t y = 0; y < shape.height; ++y) {
    std::uint8_t* const row = raw.data() + y * row_bytes;
    FUZZ_CHECK(row[0] == 0 || row[0] == 2);
    for (std::size_t i = 1; i < row_bytes && row[0] == 2 && y != 0; ++i) {
      row[i] = static_cast<std::uint8_t>(row[i] + *(row + i - row_bytes));
    }
    for (std::size_t x = 0; x < shape.width; ++x) {
      const std::uint8_t* const byte = row + 1 + x * depth / 8;
      values.push_back(depth == 16 ? byte[0] * 256U + byte[1] : depth == 8 ? byte[0] : byte[0] >> (7 - x % 8) & 1U);
    }
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned style = input.byte();
  const std::uint32_t height = input.between(1, style % 3 == 1 ? 3000 : 90);
  const Shape shape{height, input.between(1, style % 3 == 2 ? 40000 / height : 9000 / height)};
  std::vector<Run> runs;
  std::vector<std::size_t> ends;
  std::vector<unsigned> mask(shape.pixels());
  std::vector<unsigned> labels(shape.pixels());
  bool overlap = false;
  while (!input.rest().empty() && ends.size() < 700) {
    std::uint32_t at = 0;
    while (!input.rest().empty()) {
      const unsigned gap = input.byte();
      if (gap == 255) break;  // the next ship
      at += gap < 200 ? gap : (gap - 199) * 97;
      const unsigned byte = input.byte();
      const std::uint32_t length = byte < 200 ? byte + 1 : (byte - 199) * 131;
      if (at >= shape.pixels() || length > shape.pixels() - at) break;
      runs.push_back({at, length});
      for (std::uint32_t i = at; i < at + length; ++i) {
        const std::size_t pixel = std::size_t{i % height} * shape.width + i / height;
        overlap = overlap || labels[pixel] != 0;
        mask[pixel] = 1;
        labels[pixel] = static_cast<unsigned>(ends.size()) + 1;
      }
      at += length + 1;
    }
    ends.push_back(runs.size());
  }
  const ShipRuns ships{runs, ends};
  ByteBuffer png;
  shipedge::png_of_mask(ships, shape, true, png);
  FUZZ_CHECK(pixels(png, shape, 1) == mask);
  png.clear();
  shipedge::png_of_mask(ships, shape, false, png);
  for (unsigned& value : mask) value *= 255;
  FUZZ_CHECK(pixels(png, shape, 8) == mask);
  png.clear();
  try {
    shipedge::png_of_labels(ships, shape, shipedge::Overlap::kError, png);
    FUZZ_CHECK(!overlap && pixels(png, shape, ends.size() < 256 ? 8 : 16) == labels);
  } catch (const shipedge::FormatError&) {
    FUZZ_CHECK(overlap);
  }
  return 0;
}
