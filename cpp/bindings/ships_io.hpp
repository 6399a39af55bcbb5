#pragma once

#include <span>
#include <vector>

#include "numpy_io.hpp"
#include "shipedge/frame.hpp"
#include "shipedge/rectangle.hpp"
#include "shipedge/ships.hpp"

/// The part of numpy_io.hpp that is about frames, what models say of them, and rectangles.
namespace shipedge {

/// 0 to 255.
std::uint8_t as_byte(py::handle value, const char* name);

/// A uint8 array (height, width), any strides.
HeldMask as_bytes(py::handle array, const char* name);

/// One uint8 cell for each 32 x 32 pixels of a frame.
HeldMask as_presence(py::handle presence, Shape frame);

/// Windows and the arrays that keep their pixels alive.
struct HeldWindows {
  std::vector<py::array> keep;
  std::vector<Window> windows;
};

/// A sequence of (top, left, uint8 array (height, width)).
HeldWindows as_windows(py::handle windows);

/// The pixels of a frame and the array that keeps them alive (the caller's own, or a copy without gaps in its rows).
struct HeldFrame {
  py::array array;
  FrameView view;
};

/// A uint8 array (height, width, 3).
HeldFrame as_frame(py::handle pixels);

/// Five numbers: x, y, length, width, angle. Finite, at most kFarthest, and the sides are over 0.
Rectangle as_rectangle(py::handle rectangle);

/// Five numbers from 0 to 1.
Correction as_correction(py::handle said);

/// A float64 array (5,).
py::array_t<double> to_array(const Rectangle& rectangle);

}  // namespace shipedge
