#include "shipedge/text.hpp"

#include <bit>
#include <cstring>
#include <string>

#include "shipedge/error.hpp"

namespace shipedge {
namespace {

/// Eight decimal digits of a number below 10^8, the first one in the lowest byte.
std::uint64_t eight_digits(std::uint32_t value) noexcept {
  // Split by 10^4, 10^2 and 10 in parallel lanes; the divisions are multiplications by reciprocals.
  const std::uint64_t fours = value / 10000 | std::uint64_t{value % 10000} << 32;
  const std::uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007fULL;
  const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
  const std::uint64_t tens = ((twos * 103) >> 10) & 0x000f000f000f000fULL;
  return tens | (twos - tens * 10) << 8;
}

/// Writes a number from 1 on and a space; may touch up to nine bytes behind them.
char* write_number(char* out, std::uint32_t value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if (value >= 100000000) {
      const std::uint32_t high = value / 100000000;
      if (high >= 10) *out++ = static_cast<char>('0' + high / 10);
      *out++ = static_cast<char>('0' + high % 10);
      const std::uint64_t digits = eight_digits(value % 100000000) | 0x3030303030303030ULL;
      std::memcpy(out, &digits, 8);
      out[8] = ' ';
      return out + 9;
    }
    const std::uint64_t raw = eight_digits(value);
    const int zeros = std::countr_zero(raw) / 8;
    const std::uint64_t digits = (raw | 0x3030303030303030ULL) >> (8 * zeros);
    std::memcpy(out, &digits, 8);
    out[8 - zeros] = ' ';
    return out + 9 - zeros;
  } else {
    const std::string digits = std::to_string(value);
    std::memcpy(out, digits.data(), digits.size());
    out[digits.size()] = ' ';
    return out + digits.size() + 1;
  }
}

}  // namespace

std::size_t format_airbus(Runs runs, char* out) noexcept {
  if (runs.empty()) return 0;
  char* at = out;
  for (const Run& run : runs) {
    at = write_number(at, run.start + 1);
    at = write_number(at, run.length);
  }
  return static_cast<std::size_t>(at - out) - 1;  // without the last space
}

std::vector<std::uint32_t> to_counts(const Rle& rle) {
  std::vector<std::uint32_t> counts;
  counts.reserve(rle.runs().size() * 2 + 1);
  std::uint32_t at = 0;
  for (const Run& run : rle.runs()) {
    counts.push_back(run.start - at);
    counts.push_back(run.length);
    at = run.end();
  }
  if (at != rle.shape().pixels()) counts.push_back(rle.shape().pixels() - at);
  return counts;
}

Rle from_counts(std::span<const std::int64_t> counts, Shape shape) {
  const std::int64_t pixels = shape.pixels();
  std::vector<Run> runs;
  runs.reserve(counts.size() / 2);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::int64_t count = counts[i];
    if (count < 0) {
      throw FormatError("count " + std::to_string(i + 1) + " is " + std::to_string(count) + ", expected 0 or more");
    }
    if (count > pixels - at) {
      throw FormatError("count " + std::to_string(i + 1) + " is " + std::to_string(count) + ", expected at most " +
                        std::to_string(pixels - at) + " (pixels left of " + std::to_string(pixels) + ")");
    }
    if (i % 2 == 1 && count != 0) {
      append_run(runs, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(count)});
    }
    at += count;
  }
  if (at != pixels) {
    throw FormatError("counts sum to " + std::to_string(at) + ", expected " + std::to_string(pixels) +
                      " (height x width)");
  }
  return Rle::trusted(shape, std::move(runs));
}

}  // namespace shipedge
