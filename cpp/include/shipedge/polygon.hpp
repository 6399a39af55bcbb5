#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shipedge/rle.hpp"

namespace shipedge {

/// A place between pixels: pixel (row, column) covers columns [column, column + 1] and rows [row, row + 1].
struct Corner {
  std::uint32_t x;
  std::uint32_t y;

  bool operator==(const Corner&) const = default;
};

/// Closed rings: ring k has the corners [ends[k - 1], ends[k]); its last corner is joined to its first.
struct Rings {
  std::vector<Corner> corners;
  std::vector<std::size_t> ends;
};

/// The pixel edges around a mask: one ring around each 8-connected part and one around each of its 4-connected holes,
/// by their leftmost, then topmost edge. The ship is on the right hand of who walks along a ring, as the image is
/// seen: the outer ring of a part runs clockwise, those of its holes the other way, and the signed areas of all rings
/// sum to the mask's. Horizontal and vertical edges alternate. The work follows the columns that the runs cross.
Rings outline(const Rle& rle);

/// The rings with fewer corners (Douglas-Peucker): what is left out lies at most `tolerance` pixels from a side that is
/// kept. A ring keeps at least three corners. Two corners stay first: one of those furthest left, and the one furthest
/// from it.
Rings simplified(const Rings& rings, double tolerance);

/// Coordinates in pixels: (0, 0) is the upper left corner of the mask, (0.5, 0.5) the middle of its first pixel.
struct Point {
  double x;
  double y;
};

using Polygon = std::span<const Point>;

enum class FillRule : std::uint8_t {
  kEvenOdd,  ///< inside an odd number of times, all polygons together: a polygon inside another is a hole
  kUnion,    ///< inside any polygon, each by itself even-odd: COCO's way
};

/// The pixels whose middle is inside. A middle right on an edge is inside where the edge is a left or upper one, so
/// that polygons that share an edge share no pixel. What lies outside the mask is cut off. The work follows the points
/// and the columns of the mask that each edge crosses, never the coordinates. Throws FormatError: fewer than three
/// points, a coordinate that is not a number or over 2^32, over 2^28 columns reached or crossed in all.
Rle fill_polygons(std::span<const Polygon> polygons, Shape shape, FillRule rule);

}  // namespace shipedge
