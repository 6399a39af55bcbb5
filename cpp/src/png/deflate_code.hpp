#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

/// Two fixed prefix codes for images of ships, worked out while compiling. Source of the format: RFC 1951.
namespace shipedge::deflate {

/// Bits of a code word or of several, the first one lowest.
struct Bits {
  std::uint32_t bits = 0;
  std::uint32_t size = 0;

  /// These bits and then others; 32 at most.
  [[nodiscard]] constexpr Bits then(Bits next) const noexcept { return {bits | next.bits << size, size + next.size}; }
};

constexpr std::size_t kLiterals = 256;
constexpr std::size_t kEndOfBlock = 256;
constexpr std::size_t kSymbols = 286;
constexpr std::size_t kDistances = 30;
constexpr std::uint32_t kShortest = 3;  // match
constexpr std::uint32_t kLongest = 258;
constexpr std::uint32_t kFarthest = 32768;

/// The code word for each symbol from the length of each (RFC 1951, 3.2.2); first bit lowest.
template <std::size_t N>
constexpr std::array<Bits, N> code_words(const std::array<std::uint8_t, N>& lengths) {
  std::array<Bits, N> words{};
  std::uint32_t next = 0;
  for (std::uint32_t size = 1; size <= 15; ++size, next <<= 1) {
    for (std::size_t i = 0; i < N; ++i) {
      if (lengths[i] != size) continue;
      words[i].size = size;
      for (std::uint32_t bit = 0; bit < size; ++bit) words[i].bits |= (next >> bit & 1) << (size - 1 - bit);
      ++next;
    }
  }
  return words;
}

/// Whether every sequence of bits means something, as zlib demands.
template <std::size_t N>
constexpr bool is_complete(const std::array<std::uint8_t, N>& lengths) {
  std::uint32_t taken = 0;
  for (const std::uint8_t size : lengths) taken += size == 0 ? 0 : 1U << (15 - size);
  return taken == 1U << 15;
}

/// Symbol and extra bits of a match length: symbols 257 to 264 stand for one length each, from then on each four share
/// one more extra bit, and 285 is 258 alone.
constexpr std::pair<std::size_t, Bits> length_symbol(std::uint32_t length) {
  if (length == kLongest) return {285, {}};
  if (length < 11) return {254 + length, {}};
  std::uint32_t extra = 1;
  while (length - kShortest >= std::uint32_t{8} << extra) ++extra;
  const std::uint32_t above = length - kShortest - (std::uint32_t{4} << extra);
  return {261 + 4 * extra + (above >> extra), {above & ((1U << extra) - 1), extra}};
}

/// The same of a distance: symbols 0 to 3 for one each, from then on each two share one more extra bit.
constexpr std::pair<std::size_t, Bits> distance_symbol(std::uint32_t distance) {
  if (distance <= 4) return {distance - 1, {}};
  std::uint32_t extra = 1;
  while (distance - 1 >= std::uint32_t{4} << extra) ++extra;
  const std::uint32_t above = distance - 1 - (std::uint32_t{2} << extra);
  return {2 + 2 * extra + (above >> extra), {above & ((1U << extra) - 1), extra}};
}

/// Distance 1 ("the last byte again") takes one bit.
constexpr std::array<std::uint8_t, kDistances> kDistanceLengths = [] {
  std::array<std::uint8_t, kDistances> lengths{};
  for (std::size_t i = 0; i < kDistances; ++i) lengths[i] = i == 0 ? 1 : i < 4 ? 5 : 6;
  return lengths;
}();
static_assert(is_complete(kDistanceLengths));

/// One code, as the writer wants it.
struct Code {
  std::array<Bits, kLiterals> literal;
  std::array<Bits, kLongest + 1> length;  // of a match, extra bits included; from kShortest on
  std::array<Bits, kDistances> distance;  // without extra bits
  std::array<Bits, kLongest + 1> zeros;   // so many zeros behind any byte
  Bits full;                              // 258 times the last byte
  Bits end;
  std::array<Bits, 256> header;  // of the only block: pieces of up to 32 bits
  std::size_t header_pieces = 0;
};

/// Collects bits in pieces of up to 32.
class HeaderWriter {
 public:
  explicit constexpr HeaderWriter(Code& code) : code_(code) {}
  constexpr void put(Bits bits) {
    if (code_.header[code_.header_pieces].size + bits.size > 24) ++code_.header_pieces;
    Bits& piece = code_.header[code_.header_pieces];
    piece = piece.then(bits);
  }

 private:
  Code& code_;
};

/// The beginning of a final block with its own code (RFC 1951, 3.2.7).
constexpr void write_header(Code& code, const std::array<std::uint8_t, kSymbols>& symbols) {
  HeaderWriter writer(code);
  // The lengths themselves are coded: 16 = the last one again, 17 and 18 = zeros; a code that any of them fits.
  constexpr std::array<std::uint8_t, 19> kLengths = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 2, 3, 3};
  constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  static_assert(is_complete(kLengths));
  constexpr auto kWords = code_words(kLengths);
  writer.put({0b101, 3});  // final, own code
  writer.put({kSymbols - 257, 5});
  writer.put({kDistances - 1, 5});
  writer.put({19 - 4, 4});
  for (const std::uint8_t symbol : kOrder) writer.put({kLengths[symbol], 3});
  std::array<std::uint8_t, kSymbols + kDistances> all{};
  for (std::size_t i = 0; i < kSymbols; ++i) all[i] = symbols[i];
  for (std::size_t i = 0; i < kDistances; ++i) all[kSymbols + i] = kDistanceLengths[i];
  for (std::size_t i = 0; i < all.size();) {
    std::uint32_t same = 1;
    while (i + same < all.size() && all[i + same] == all[i] && same < 138) ++same;
    if (all[i] == 0 && same >= 11) {
      writer.put(kWords[18].then({same - 11, 7}));
      i += same;
    } else if (all[i] == 0 && same >= 3) {
      writer.put(kWords[17].then({same - 3, 3}));
      i += same;
    } else {
      writer.put(kWords[all[i]]);
      ++i;
      for (--same; same >= 3 && all[i] != 0;) {
        const std::uint32_t repeats = same < 6 ? same : 6;
        writer.put(kWords[16].then({repeats - 3, 2}));
        i += repeats;
        same -= repeats;
      }
    }
  }
  ++code.header_pieces;
}

constexpr Code make_code(const std::array<std::uint8_t, kSymbols>& lengths) {
  Code code{};
  const auto words = code_words(lengths);
  code.distance = code_words(kDistanceLengths);
  for (std::size_t i = 0; i < kLiterals; ++i) code.literal[i] = words[i];
  for (std::uint32_t length = kShortest; length <= kLongest; ++length) {
    const auto [symbol, extra] = length_symbol(length);
    code.length[length] = words[symbol].then(extra);
  }
  code.end = words[kEndOfBlock];
  code.full = code.length[kLongest].then(code.distance[0]);
  for (std::uint32_t i = 1; i <= kLongest; ++i) {  // a literal, and from four on a match that repeats it
    code.zeros[i] = i <= kShortest ? code.zeros[i - 1].then(code.literal[0])
                                   : code.literal[0].then(code.length[i - 1]).then(code.distance[0]);
  }
  write_header(code, lengths);
  return code;
}

}  // namespace shipedge::deflate
