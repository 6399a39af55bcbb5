/// Any bytes as windows of any size and place: the ships of a frame share no pixel and are what the windows say, and
/// every one has a rectangle around it, a patch and an outline.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz.hpp"
#include "shipedge/rectangle.hpp"
#include "shipedge/ships.hpp"

using namespace shipedge;

namespace {

constexpr std::size_t kLookedAt = 3;  // ships of a frame: patches take the longest

/// Every pixel is in one outline at most, and of a value that counts unless it may be filled in.
void check_disjoint(const std::vector<ShipComponent>& ships, Shape frame, const std::vector<std::uint8_t>& merged,
                    const ShipRules& rules) {
  std::vector<bool> taken(frame.pixels());
  for (const ShipComponent& ship : ships) {
    FUZZ_CHECK(!ship.outline.empty() && ship.outline.shape() == frame);
    FUZZ_CHECK(ship.area >= rules.min_area && ship.score >= 0 && ship.score < 1);
    std::uint64_t next = 0;
    for (const Run& run : ship.outline.runs()) {
      FUZZ_CHECK(run.start >= next && run.length != 0);
      next = std::uint64_t{run.start} + run.length + 1;
      FUZZ_CHECK(next <= std::uint64_t{frame.pixels()} + 1);
      for (std::uint32_t at = run.start; at < run.end(); ++at) {
        FUZZ_CHECK(!taken[at]);
        taken[at] = true;
        const std::uint8_t value = merged[std::size_t{at % frame.height} * frame.width + at / frame.height];
        FUZZ_CHECK(rules.fill_holes || rules.use_rectangles || (value != 0 && value >= rules.pixel));
      }
    }
    if (!rules.use_rectangles) FUZZ_CHECK(ship.outline.area() == ship.area);
  }
}

/// No pixel has its middle outside of the rectangle.
void check_around(const Rle& mask, const Rectangle& around) {
  for_each_segment(mask.runs(), mask.shape().height,
                   [&](std::uint32_t column, std::uint32_t top, std::uint32_t bottom) {
                     for (const std::uint32_t row : {top, bottom - 1}) {
                       const double x = column + 0.5 - around.x;
                       const double y = row + 0.5 - around.y;
                       const double along = std::cos(around.angle) * x + std::sin(around.angle) * y;
                       const double across = std::cos(around.angle) * y - std::sin(around.angle) * x;
                       FUZZ_CHECK(std::abs(along) <= (around.length - 1) / 2 + 1e-6);
                       FUZZ_CHECK(std::abs(across) <= (around.width - 1) / 2 + 1e-6);
                     }
                   });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const Shape frame{input.between(0, 90), input.between(0, 90)};
  const std::uint8_t flags = input.byte();
  const ShipRules rules{input.byte(), input.byte() % 12U, input.byte(), (flags & 1) != 0, (flags & 2) != 0};
  const std::size_t count = flags >> 2 & 3;
  std::vector<std::vector<std::uint8_t>> memory(count);
  std::vector<Window> windows;
  for (std::vector<std::uint8_t>& values : memory) {
    const Shape shape{input.between(0, 70), input.between(0, 70)};
    const std::int64_t top = std::int64_t{input.between(0, 160)} - 70;
    const std::int64_t left = std::int64_t{input.between(0, 160)} - 70;
    const bool by_columns = (input.byte() & 1) != 0;
    const std::uint32_t repeat = 1 + input.byte() % 80;
    values.resize(shape.pixels());
    std::uint8_t value = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i % repeat == 0) value = input.byte();
      values[i] = value;
    }
    const std::ptrdiff_t line = by_columns ? shape.height : shape.width;
    windows.push_back({top, left, {values.data(), shape, by_columns ? 1 : line, by_columns ? line : 1}});
  }
  const Shape cells{(frame.height + kCell - 1) / kCell, (frame.width + kCell - 1) / kCell};
  const std::vector<std::uint8_t> presence(cells.pixels(), 200);
  std::vector<std::uint8_t> merged(frame.pixels());
  merge_windows(frame, windows, merged.data());
  const MaskView seen{presence.data(), cells, static_cast<std::ptrdiff_t>(cells.width), 1};
  const std::vector<ShipComponent> ships = find_ships(frame, seen, windows, rules);
  check_disjoint(ships, frame, merged, rules);

  std::vector<Rle> outlines;
  std::vector<const Rle*> refined;
  std::vector<const Rle*> before;
  outlines.reserve(ships.size());
  std::vector<std::uint8_t> patch(kPatchBytes);
  const Shape seen_as{frame.height, frame.width / 3};
  const FrameView pixels{merged.data(), seen_as, static_cast<std::ptrdiff_t>(frame.width)};
  for (const ShipComponent& ship : ships) {
    FUZZ_CHECK(ship.cell == 200);
    const Rectangle around = smallest_rectangle(ship.outline);
    check_around(ship.outline, around);
    const bool looks = seen_as.pixels() != 0 && outlines.size() < kLookedAt;
    if (looks) cut_patch(pixels, around, patch.data());
    Correction said;
    for (double& number : said) number = input.byte() / 255.0;
    const Rectangle better = corrected(around, said);
    if (looks) cut_patch(pixels, better, patch.data());
    outlines.push_back(outline_of(better, frame));
    refined.push_back(&outlines.back());
    before.push_back(&ship.outline);
  }
  const std::vector<Rle> apart = separate(refined, before);
  std::vector<const Rle*> masks;
  std::uint64_t area = 0;
  for (const Rle& outline : apart) {
    masks.push_back(&outline);
    area += outline.area();
  }
  FUZZ_CHECK(unite(masks, frame).area() == area);
  return 0;
}
