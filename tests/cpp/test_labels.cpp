#include <doctest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#include "reference.hpp"
#include "shipedge/error.hpp"
#include "shipedge/labels.hpp"
#include "shipedge/overlap.hpp"

using namespace reference;
using shipedge::LabelView;

namespace {

/// Labels in exactly sized memory, rows or columns contiguous, against a map of masks.
template <class T>
void compare(std::mt19937& random, Shape shape, bool by_rows) {
  std::vector<T> labels(shape.pixels());
  std::map<std::uint64_t, Mask> truth;
  T label = 0;
  const std::ptrdiff_t row = by_rows ? static_cast<std::ptrdiff_t>(shape.width) : 1;
  const std::ptrdiff_t column = by_rows ? 1 : static_cast<std::ptrdiff_t>(shape.height);
  for (std::uint32_t y = 0; y < shape.height; ++y) {
    for (std::uint32_t x = 0; x < shape.width; ++x) {
      if (random() % 8 == 0) label = static_cast<T>(random() % 4 == 0 ? -1 : static_cast<int>(random() % 4));
      labels[static_cast<std::size_t>(y * row + x * column)] = label;
      if (label == 0) continue;
      Mask& mask = truth.try_emplace(label, Mask{shape, std::vector<std::uint8_t>(shape.pixels())}).first->second;
      mask.pixels[std::size_t{y} * shape.width + x] = 1;
    }
  }
  constexpr std::ptrdiff_t kSize = sizeof(T);
  const auto* data = reinterpret_cast<const std::byte*>(labels.data());
  const auto found = shipedge::from_labels({data, shape, row * kSize, column * kSize, sizeof(T)});
  CHECK(found.size() == truth.size());
  std::vector<const Rle*> parts;
  for (const auto& [of, part] : found) {
    REQUIRE(truth.contains(of));
    CHECK(part == rle(truth.at(of)));
    parts.push_back(&part);
  }
  std::vector<std::uint16_t> image(shape.pixels());
  shipedge::to_labels(parts, shape, image.data());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Mask mask{shape, std::vector<std::uint8_t>(shape.pixels())};
    for (std::size_t p = 0; p < image.size(); ++p) mask.pixels[p] = image[p] == i + 1 ? 1 : 0;
    CHECK(rle(mask) == *parts[i]);
  }
}

}  // namespace

TEST_CASE("labels follow the pixels, there and back") {
  std::mt19937 random(9);
  for (int i = 0; i < 200; ++i) {
    const Shape shape{static_cast<std::uint32_t>(random() % 90), static_cast<std::uint32_t>(random() % 90)};
    compare<std::uint8_t>(random, shape, i % 2 == 0);
    compare<std::uint16_t>(random, shape, i % 2 == 0);
    compare<std::uint32_t>(random, shape, i % 2 == 0);
    compare<std::uint64_t>(random, shape, i % 2 == 0);
  }
  compare<std::uint16_t>(random, {3, 3000}, true);  // several strips
  compare<std::uint16_t>(random, {3000, 3}, false);
}

TEST_CASE("labels that change while they are read are runs inside the image") {
  const Shape shape{2, 5000};  // several strips: nothing of one may reach the next
  std::vector<std::uint32_t> labels(shape.pixels(), 1);
  std::atomic<bool> stopped = false;
  std::thread writer([&] {
    for (std::uint32_t turn = 0; !stopped; ++turn) {
      for (std::uint32_t& label : labels) {
        *const_cast<volatile std::uint32_t*>(&label) = turn % 2;
      }
    }
  });
  for (int i = 0; i < 500; ++i) {
    const LabelView view{reinterpret_cast<const std::byte*>(labels.data()), shape, 5000 * 4, 4, 4};
    for (const auto& part : shipedge::from_labels(view)) {
      std::uint64_t next = 0;
      for (const shipedge::Run& run : part.rle.runs()) {
        REQUIRE(run.start >= next);
        REQUIRE(run.length > 0);
        next = std::uint64_t{run.start} + run.length;
      }
      REQUIRE(next <= shape.pixels());
    }
  }
  stopped = true;
  writer.join();
}

TEST_CASE("masks that share a pixel are no label map") {
  const Shape shape{3, 4};
  const Rle a = Rle::trusted(shape, {{0, 4}});
  const Rle b = Rle::trusted(shape, {{3, 2}});
  const Rle* const both[] = {&a, &b};
  std::vector<std::uint8_t> image(12);
  CHECK_THROWS_WITH_AS(shipedge::to_labels(both, shape, image.data()),
                       (std::string("rles[0] and rles[1] overlap at row 0, column 1") + shipedge::kOverlapHint).c_str(),
                       shipedge::FormatError);
}
