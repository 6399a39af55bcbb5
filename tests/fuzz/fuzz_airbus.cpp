#include <optional>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "reference.hpp"
#include "shipedge/error.hpp"

/// Airbus texts: any bytes, any shape. What a parser that looks at one character at a time takes, ours takes too, with
/// the same runs, and what it refuses is refused; what was read survives writing and painting.
namespace {

using shipedge::Run;
using shipedge::Shape;
using Parsed = std::optional<std::vector<Run>>;

/// The numbers of the text, those over 2^33 as 2^33; nothing if a character is neither digit nor space.
std::optional<std::vector<std::uint64_t>> numbers_of(std::string_view text) {
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 33;
  std::vector<std::uint64_t> numbers;
  bool inside = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (!inside) numbers.push_back(0);
      numbers.back() = std::min(numbers.back() * 10 + static_cast<std::uint64_t>(c - '0'), kHuge);
      inside = true;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      inside = false;
    } else {
      return std::nullopt;
    }
  }
  return numbers;
}

Parsed slowly_parsed(std::string_view text, Shape shape) {
  const auto numbers = numbers_of(text);
  if (!numbers || numbers->size() % 2 != 0) return std::nullopt;
  std::vector<Run> runs;
  std::uint64_t next = 1;
  for (std::size_t i = 0; i < numbers->size(); i += 2) {
    const std::uint64_t start = (*numbers)[i];
    const std::uint64_t length = (*numbers)[i + 1];
    if (start < next || length == 0 || start + length - 1 > shape.pixels()) return std::nullopt;
    shipedge::append_run(runs, {static_cast<std::uint32_t>(start - 1), static_cast<std::uint32_t>(length)});
    next = start + length;
  }
  return runs;
}

Parsed parsed(std::string_view text, Shape shape) {
  try {
    return reference::parsed(text, shape);
  } catch (const shipedge::FormatError& error) {
    FUZZ_CHECK(!std::string_view(error.what()).empty());
    return std::nullopt;
  }
}

Shape any_shape(fuzz::Input& input) {
  switch (input.byte() % 4) {
    case 0:
      return {768, 768};
    case 1:
      return {65535, 65537};
    default: {
      const std::uint32_t height = input.between(0, 300);
      return {height, input.between(0, 300)};
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const Shape shape = any_shape(input);
  const Parsed truth = slowly_parsed(input.rest(), shape);
  FUZZ_CHECK(parsed(input.rest(), shape) == truth);
  if (!truth) return 0;

  std::vector<char> made(shipedge::airbus_bound(truth->size()));
  const std::string_view text(made.data(), shipedge::format_airbus(*truth, made.data()));
  FUZZ_CHECK(text == reference::text(*truth));
  FUZZ_CHECK(parsed(text, shape) == truth);

  if (shape.pixels() <= 768 * 768) {
    const auto rle = shipedge::Rle::trusted(shape, *truth);
    const reference::Mask mask = reference::painted(rle);
    FUZZ_CHECK(reference::runs(mask) == *truth);
    FUZZ_CHECK(reference::encoded(mask.view()) == *truth);
    FUZZ_CHECK(rle.transposed().transposed() == rle);
  }
  return 0;
}
