#include <doctest.h>

#include <cmath>
#include <limits>

#include "reference.hpp"
#include "shipedge/components.hpp"
#include "shipedge/error.hpp"
#include "shipedge/polygon.hpp"

using namespace reference;
using shipedge::Corner;
using shipedge::FillRule;
using shipedge::FormatError;
using shipedge::Point;
using shipedge::Polygon;
using shipedge::Rings;

namespace {

std::vector<std::vector<Point>> as_points(const Rings& rings) {
  std::vector<std::vector<Point>> polygons;
  std::size_t at = 0;
  for (const std::size_t end : rings.ends) {
    auto& polygon = polygons.emplace_back();
    for (; at < end; ++at) {
      polygon.push_back({static_cast<double>(rings.corners[at].x), static_cast<double>(rings.corners[at].y)});
    }
  }
  return polygons;
}

Rle filled(const std::vector<std::vector<Point>>& polygons, Shape shape, FillRule rule = FillRule::kEvenOdd) {
  const std::vector<Polygon> views(polygons.begin(), polygons.end());
  return shipedge::fill_polygons(views, shape, rule);
}

double signed_area(const std::vector<Point>& ring) {
  double twice = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Point& a = ring[i];
    const Point& b = ring[(i + 1) % ring.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return twice / 2;
}

/// Even-odd by walking from each pixel's middle to the left border: the definition, pixel by pixel.
Rle slowly_filled(const std::vector<std::vector<Point>>& polygons, Shape shape) {
  Mask mask{shape, std::vector<std::uint8_t>(shape.pixels())};
  for (std::uint32_t row = 0; row < shape.height; ++row) {
    for (std::uint32_t column = 0; column < shape.width; ++column) {
      bool inside = false;
      for (const auto& ring : polygons) {
        for (std::size_t i = 0; i < ring.size(); ++i) {
          const Point& a = ring[i];
          const Point& b = ring[(i + 1) % ring.size()];
          const double x = column + 0.5;
          if ((a.x <= x) == (b.x <= x)) continue;
          const Point& first = a.x < b.x ? a : b;
          const Point& last = a.x < b.x ? b : a;
          const double y = first.y + (x - first.x) / (last.x - first.x) * (last.y - first.y);
          if (y <= row + 0.5) inside = !inside;
        }
      }
      mask.pixels[std::size_t{row} * shape.width + column] = inside ? 1 : 0;
    }
  }
  return rle(mask);
}

}  // namespace

TEST_CASE("rings of small masks, corner by corner") {
  const auto rings = [](Shape shape, std::vector<Run> list) { return outline(Rle::trusted(shape, std::move(list))); };
  CHECK(rings({3, 4}, {}).corners.empty());
  const Rings pixel = rings({3, 4}, {{4, 1}});
  CHECK(pixel.corners == std::vector<Corner>{{1, 2}, {1, 1}, {2, 1}, {2, 2}});
  // A frame around one pixel: the hole runs the other way round.
  const Rings frame = rings({3, 3}, {{0, 4}, {5, 4}});
  CHECK(frame.ends == std::vector<std::size_t>{4, 8});
  CHECK(frame.corners == std::vector<Corner>{{0, 3}, {0, 0}, {3, 0}, {3, 3}, {1, 1}, {1, 2}, {2, 2}, {2, 1}});
  // Two pixels that touch at a corner are one ship, so one ring.
  CHECK(rings({2, 2}, {{0, 1}, {3, 1}}).ends == std::vector<std::size_t>{8});
  CHECK(rings({2, 2}, {{1, 2}}).ends == std::vector<std::size_t>{8});
}

TEST_CASE("rings enclose exactly the mask, one around each part") {
  std::mt19937 random(5);
  for (const Shape shape : {Shape{1, 1}, Shape{1, 30}, Shape{30, 1}, Shape{7, 9}, Shape{40, 33}}) {
    for (const double density : {0.02, 0.2, 0.5, 0.8, 0.98, 1.0}) {
      for (unsigned repeat = 0; repeat < 20; ++repeat) {
        const Rle mask = rle(random_mask(random, shape, density));
        const auto polygons = as_points(outline(mask));
        CHECK(filled(polygons, shape) == mask);
        double area = 0;
        std::size_t outer = 0;
        bool alternates = true;
        for (const auto& ring : polygons) {
          area += signed_area(ring);
          if (signed_area(ring) > 0) ++outer;
          for (std::size_t i = 0; i < ring.size(); i += 2) {
            const Point& next = ring[(i + 2) % ring.size()];
            alternates = alternates && ring[i].x == ring[i + 1].x && ring[i].y != ring[i + 1].y;
            alternates = alternates && ring[i + 1].y == next.y && ring[i + 1].x != next.x;
          }
        }
        CHECK(alternates);
        CHECK(area == mask.area());
        CHECK(outer == components(mask, shipedge::Connectivity::kEight, 1).size());
      }
    }
  }
}

TEST_CASE("rings of masks of billions of pixels") {
  const Shape shape{65537, 65535};
  const Rle all = Rle::trusted(shape, {{0, shape.pixels()}});
  CHECK(outline(all).corners.size() == 4);
  CHECK(filled(as_points(outline(all)), shape) == all);
  const Rle most = Rle::trusted(shape, {{1, shape.pixels() - 2}});
  CHECK(outline(most).corners.size() == 8);
  CHECK(filled(as_points(outline(most)), shape) == most);
  const Shape thin{1, 4294967295U};
  CHECK(outline(Rle::trusted(thin, {{5, 4294967000U}})).corners.size() == 4);
  const Shape tall{4294967295U, 1};
  const Rle line = Rle::trusted(tall, {{4294967000U, 295}});
  CHECK(filled(as_points(outline(line)), tall) == line);
}

TEST_CASE("polygons fill what the definition says") {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> anywhere(-12, 42);
  std::uniform_int_distribution<int> half(-8, 70);
  const Shape shape{29, 31};
  for (unsigned repeat = 0; repeat < 400; ++repeat) {
    std::vector<std::vector<Point>> polygons(1 + repeat % 3);
    for (auto& polygon : polygons) {
      polygon.resize(3 + repeat % 8);
      // Half of the polygons have corners right on the middles of pixels, where ties are decided.
      for (Point& p : polygon) {
        p = repeat % 2 != 0 ? Point{anywhere(random), anywhere(random)} : Point{half(random) / 2.0, half(random) / 2.0};
      }
    }
    CHECK(filled(polygons, shape) == slowly_filled(polygons, shape));
    Mask any{shape, std::vector<std::uint8_t>(shape.pixels())};
    for (const auto& polygon : polygons) {
      const Mask one = painted(slowly_filled({polygon}, shape));
      for (std::size_t i = 0; i < any.pixels.size(); ++i) any.pixels[i] |= one.pixels[i];
    }
    CHECK(filled(polygons, shape, FillRule::kUnion) == rle(any));
  }
}

TEST_CASE("triangles that share edges share no pixel and leave none out") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> inside(0, 30);
  const Shape shape{30, 30};
  for (unsigned repeat = 0; repeat < 200; ++repeat) {
    const Point middle{inside(random), inside(random)};
    const Point corners[] = {{0, 0}, {30, 0}, {30, 30}, {0, 30}};
    std::vector<std::vector<Point>> fan;
    for (unsigned i = 0; i < 4; ++i) fan.push_back({corners[i], corners[(i + 1) % 4], middle});
    std::uint32_t sum = 0;
    for (const auto& triangle : fan) sum += filled({triangle}, shape).area();
    CHECK(sum == 900);
    CHECK(filled(fan, shape, FillRule::kUnion).area() == 900);
    CHECK(filled(fan, shape, FillRule::kEvenOdd).area() == 900);
  }
}

TEST_CASE("coordinates far outside, and nearly vertical edges") {
  const Shape shape{20, 30};
  const double far = 4294967296.0;
  CHECK(filled({{{-far, -far}, {far, -far}, {far, far}, {-far, far}}}, shape).area() == 600);
  CHECK(filled({{{far, 0}, {far, 5}, {far - 1, 9}}}, shape).empty());
  const double next = std::nextafter(0.5, 1.0);
  CHECK(filled({{{0.5, -far}, {next, far}, {0.5, far}}}, shape).area() <= 20);
  CHECK(filled({{{0.5, 3}, {std::nextafter(0.5, 0.0), far}, {0.5 + 1e-300, -far}}}, shape).area() <= 20);
  CHECK(filled({}, shape) == Rle(shape));
  CHECK(filled({{{0, 0}, {5, 0}, {5, 5}}}, {0, 30}).empty());
  CHECK(filled({{{0, 0}, {5, 0}, {5, 5}}}, {30, 0}).empty());
}

TEST_CASE("polygons that are none") {
  const Shape shape{20, 30};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(filled({{{0, 0}, {1, 1}, {0, 2}}, {{0, 0}, {1, 1}}}, shape),
                       "polygon 2 has 2 points, expected 3 or more", FormatError);
  CHECK_THROWS_WITH_AS(filled({{}}, shape), "polygon 1 has 0 points, expected 3 or more", FormatError);
  CHECK_THROWS_WITH_AS(filled({{{0, 0}, {1, 1}, {nan, 2}}}, shape),
                       "polygon 1: point 3 is (nan, 2), expected coordinates from -4294967296 to 4294967296",
                       FormatError);
  for (const double bad : {HUGE_VAL, -HUGE_VAL, 1e300, 4294967297.0}) {
    CHECK_THROWS_AS(filled({{{0, 0}, {1, bad}, {0, 2}}}, shape), FormatError);
    CHECK_THROWS_AS(filled({{{0, 0}, {bad, 1}, {0, 2}}}, shape, FillRule::kUnion), FormatError);
  }
  std::vector<Point> zigzag;
  for (unsigned i = 0; i < 5000; ++i) zigzag.push_back({i % 2 != 0 ? 0.0 : 65535.0, 1.0 * i});
  CHECK_THROWS_WITH_AS(filled({zigzag}, {65537, 65535}),
                       "the edges of the polygons cross 327675000 columns in all, expected at most 268435456",
                       FormatError);
  const std::vector<std::vector<Point>> apart{{{0, 0}, {2, 0}, {2, 1}}, {{4e9, 0}, {4e9 + 2, 0}, {4e9 + 2, 1}}};
  CHECK_THROWS_WITH_AS(filled(apart, {1, 4294967295U}),
                       "the polygons reach over 4000000002 columns, expected at most 268435456", FormatError);
  CHECK(filled(apart, {1, 4294967295U}, FillRule::kUnion).area() == 2);
}
