#pragma once

#include <algorithm>
#include <iterator>

#include "deflate_code.hpp"

namespace shipedge::deflate {

/// Code lengths that the ships of the Airbus data set would choose for 0, 1, 255, the filter byte 2 and the matches.
inline constexpr Code kMaskCode = [] {
  std::array<std::uint8_t, kSymbols> lengths{};
  lengths[0] = 3;
  lengths[1] = lengths[2] = lengths[255] = 4;
  constexpr std::uint8_t kEndAndMatches[] = {10, 10, 9, 10, 9, 9, 9, 10, 9, 9, 9, 8, 9, 8, 8,
                                             8,  8,  7, 7,  7, 7, 6, 7,  7, 7, 6, 6, 6, 5, 1};
  std::copy(std::begin(kEndAndMatches), std::end(kEndAndMatches), lengths.begin() + kEndOfBlock);
  static_assert(std::size(kEndAndMatches) == 30);
  if (!is_complete(lengths)) throw "a code must be complete";
  return make_code(lengths);
}();

/// The same for packed pixels and for labels: any byte may come, few do.
inline constexpr Code kByteCode = [] {
  std::array<std::uint8_t, kSymbols> lengths{};
  std::fill(lengths.begin(), lengths.end(), std::uint8_t{11});
  for (const int c : {0}) lengths[static_cast<std::size_t>(c)] = 2;
  for (const int c : {2}) lengths[static_cast<std::size_t>(c)] = 3;
  for (const int c : {128}) lengths[static_cast<std::size_t>(c)] = 6;
  for (const int c : {1, 64, 192, 255}) lengths[static_cast<std::size_t>(c)] = 7;
  for (const int c : {4, 8, 16, 32, 224, 240, 248, 252, 254}) lengths[static_cast<std::size_t>(c)] = 8;
  for (const int c : {3, 244, 253}) lengths[static_cast<std::size_t>(c)] = 9;
  for (const int c : {6, 7, 12, 24, 48, 96, 160, 208, 232, 249, 250}) lengths[static_cast<std::size_t>(c)] = 10;
  constexpr std::uint8_t kEndAndMatches[] = {10, 8, 7, 8, 8, 8, 9, 9, 9,  8,  8,  8,  8,  7,  7,
                                             7,  7, 6, 7, 7, 7, 6, 5, 11, 11, 11, 11, 11, 11, 2};
  std::copy(std::begin(kEndAndMatches), std::end(kEndAndMatches), lengths.begin() + kEndOfBlock);
  if (!is_complete(lengths)) throw "a code must be complete";
  return make_code(lengths);
}();

}  // namespace shipedge::deflate
