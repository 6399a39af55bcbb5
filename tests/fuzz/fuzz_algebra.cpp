#include <vector>

#include "fuzz.hpp"
#include "reference.hpp"
#include "shipedge/components.hpp"
#include "shipedge/duplicates.hpp"
#include "shipedge/geometry.hpp"
#include "shipedge/iou.hpp"
#include "shipedge/label_studio.hpp"
#include "shipedge/labels.hpp"
#include "shipedge/measures.hpp"
#include "shipedge/morphology.hpp"
#include "shipedge/overlap.hpp"
#include "shipedge/polygon.hpp"
#include "shipedge/set_ops.hpp"

/// Two masks of any runs, small ones of noise or a few runs in millions or billions of pixels. Whatever is done to them
/// gives runs that are a mask, and the laws that tie the operations to each other hold. What the pixels should be is
/// for the tests; here it is about what no test thought of.
namespace {

using namespace shipedge;

const Rle& checked(const Rle& rle) {
  std::uint64_t next = 0;
  for (const Run& run : rle.runs()) {
    FUZZ_CHECK(run.length != 0 && run.start >= next);
    next = std::uint64_t{run.start} + run.length + 1;  // runs do not touch
  }
  FUZZ_CHECK(next <= std::uint64_t{rle.shape().pixels()} + 1);
  return rle;
}

Rle any_mask(fuzz::Input& input, Shape shape, bool huge) {
  std::vector<Run> runs;
  std::uint64_t at = 0;
  for (std::uint32_t left = huge ? 8 : 400; left != 0; --left) {
    at += huge ? input.number(4) % (shape.pixels() / 2) : input.byte() % 16;
    std::uint64_t length = huge ? input.number(4) % shape.pixels() : input.byte() % 16;
    if (huge && length % 4 == 0) length = length % 8 + 1;
    if (at >= shape.pixels()) break;
    length = std::min(length, shape.pixels() - at);
    if (length != 0) append_run(runs, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)});
    at += length;
  }
  return checked(Rle::trusted(shape, std::move(runs)));
}

void check_sets(const Rle& a, const Rle& b) {
  const Shape shape = a.shape();
  const Rle* const both[] = {&a, &b};
  const Rle any = checked(unite(both, shape));
  const Rle all = checked(intersect(both, shape));
  FUZZ_CHECK(checked(exclusive_or(both, shape)) == checked(subtract(any, all)));
  FUZZ_CHECK(at_least(both, 1, shape) == any && at_least(both, 2, shape) == all);
  FUZZ_CHECK(complement(checked(complement(a))) == a);
  FUZZ_CHECK(std::uint64_t{any.area()} + all.area() == std::uint64_t{a.area()} + b.area());
  FUZZ_CHECK(intersection_area(a.runs(), b.runs()) == all.area());
  double matrix[4];
  iou_matrix(both, both, {}, matrix);
  FUZZ_CHECK(matrix[1] == iou(a, b) && matrix[2] == matrix[1]);
  FUZZ_CHECK(matrix[0] == (a.empty() ? 0.0 : 1.0));
}

void check_moves(const Rle& a, fuzz::Input& input, bool huge) {
  const Shape shape = a.shape();
  const Rle turned = checked(a.transposed());
  FUZZ_CHECK(turned.transposed() == a && turned.area() == a.area());
  FUZZ_CHECK(flip_rows(checked(flip_rows(a))) == a && flip_columns(checked(flip_columns(a))) == a);
  FUZZ_CHECK(checked(rotate(a, 1)) == flip_rows(turned) && rotate(rotate(a, 1), 3) == a);
  const Box box = a.box();
  const Rle part = checked(window(a, box.top, box.left, {box.bottom - box.top, box.right - box.left}));
  FUZZ_CHECK(part.area() == a.area() && window(part, -std::int64_t{box.top}, -std::int64_t{box.left}, shape) == a);
  const auto move = [&] { return static_cast<std::int64_t>(static_cast<std::int16_t>(input.number(2))); };
  const std::int64_t down = move();
  checked(window(a, down, move(), shape));
  checked(resize(a, huge ? Shape{input.between(0, 70000), input.between(0, 300)}
                         : Shape{input.between(0, 90), input.between(0, 90)}));
  FUZZ_CHECK(resize(a, shape) == a);
}

void check_growth(const Rle& a, fuzz::Input& input) {
  const std::uint32_t rows = input.byte() % 12;
  const std::uint32_t columns = input.byte() % 12;
  const Rle grown = checked(dilate(a, rows, columns));
  FUZZ_CHECK(subtract(a, grown).empty());
  FUZZ_CHECK(subtract(checked(erode(grown, rows, columns)), grown).empty());
  FUZZ_CHECK(subtract(a, erode(grown, rows, columns)).empty());  // closing loses nothing
  const Connectivity connectivity = input.byte() % 2 == 0 ? Connectivity::kFour : Connectivity::kEight;
  const Rle filled = checked(fill_holes(a, connectivity));
  FUZZ_CHECK(subtract(a, filled).empty() && fill_holes(filled, connectivity) == filled);
}

void check_parts(const Rle& a, fuzz::Input& input) {
  const Shape shape = a.shape();
  const std::vector<Rle> parts =
      components(a, input.byte() % 2 == 0 ? Connectivity::kFour : Connectivity::kEight, input.byte() % 3);
  std::vector<const Rle*> pointers;
  std::uint64_t area = 0;
  for (const Rle& part : parts) {
    pointers.push_back(&checked(part));
    area += part.area();
  }
  FUZZ_CHECK(unite(pointers, shape).area() == area && area <= a.area());
  if (shape.pixels() > 1U << 16) return;
  std::vector<std::uint16_t> labels(shape.pixels());
  to_labels(pointers, shape, labels.data());
  const auto* data = reinterpret_cast<const std::byte*>(labels.data());
  const auto found = from_labels({data, shape, 2 * static_cast<std::ptrdiff_t>(shape.width), 2, 2});
  FUZZ_CHECK(found.size() == parts.size());
  for (const auto& [label, part] : found) FUZZ_CHECK(checked(part) == parts[label - 1]);
}

void check_overlaps(const Rle& a, const Rle& b, fuzz::Input& input) {
  const Rle* const both[] = {&a, &b};
  constexpr Overlap kRules[] = {Overlap::kFirst, Overlap::kLast, Overlap::kLarger};
  const std::vector<Rle> own = without_overlaps(both, a.shape(), kRules[input.byte() % 3]);
  FUZZ_CHECK(intersection_area(checked(own[0]).runs(), checked(own[1]).runs()) == 0);
  const Rle* const apart[] = {&own[0], &own[1]};
  FUZZ_CHECK(unite(apart, a.shape()) == unite(both, a.shape()));
  FUZZ_CHECK(own[0] == a || own[1] == b);
  const Duplicates rule{input.byte() / 255.0, input.byte() % 2 == 0 ? OverlapOf::kUnion : OverlapOf::kSmaller, {}};
  const std::size_t order[] = {0, 1};
  FUZZ_CHECK(suppressed(both, order, rule).size() == object_of(both, rule).back() + 1);
}

void check_measures(const Rle& a, fuzz::Input& input, bool huge) {
  const Shape shape = a.shape();
  FUZZ_CHECK(perimeter(a) == perimeter(flip_rows(a)) && (a.empty() ? perimeter(a) == 0 : perimeter(a) >= 4));
  const Rle edge = checked(boundary(a, input.byte() + 1U));
  FUZZ_CHECK(subtract(edge, a).empty() && edge.empty() == a.empty());
  const std::uint32_t area = input.byte();
  const Connectivity connectivity = input.byte() % 2 == 0 ? Connectivity::kFour : Connectivity::kEight;
  FUZZ_CHECK(subtract(checked(largest_part(a, connectivity)), a).empty());
  FUZZ_CHECK(subtract(checked(large_parts(a, connectivity, area)), a).empty());
  FUZZ_CHECK(subtract(checked(fill_holes(a, connectivity, area)), fill_holes(a, connectivity)).empty());
  const std::uint32_t rows = input.byte() + 1U;
  const Rle some = checked(every(a, rows, input.byte() % 5 + 1U));
  FUZZ_CHECK(some.area() <= a.area() && some.shape().height == (shape.height + rows - 1) / rows);
  FUZZ_CHECK(checked(resize(a, shape, Nearest::kCorner)) == a);
  checked(resize(a, {input.between(0, 300), input.between(0, 90)}, Nearest::kCorner));
  if (huge) return;
  FUZZ_CHECK(from_label_studio(to_label_studio(a), shape) == a);
  const Rings rings = simplified(outline(a), input.byte() / 16.0);
  std::size_t begin = 0;
  for (const std::size_t end : rings.ends) {
    FUZZ_CHECK(end - begin >= 3);
    begin = end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const bool huge = input.byte() % 16 == 0;
  // A huge one is no wider than runs of single columns may multiply without trouble; those of billions of pixels take
  // a second under the sanitizers, so most have millions.
  const std::uint32_t side = huge && input.byte() % 16 == 0 ? 65537 : 1500;
  const Shape shape = huge ? Shape{side + input.number(1), side - 537 + input.number(1)}
                           : Shape{input.between(0, 130), input.between(0, 130)};
  const Rle a = any_mask(input, shape, huge);
  const Rle b = any_mask(input, shape, huge);
  check_sets(a, b);
  check_moves(a, input, huge);
  check_growth(b, input);
  check_parts(a, input);
  check_overlaps(a, b, input);
  check_measures(b, input, huge);
  return 0;
}
