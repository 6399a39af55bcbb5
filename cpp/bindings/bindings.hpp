#pragma once

#include <pybind11/pybind11.h>

#include "shipedge/rle.hpp"

namespace shipedge {

/// Creates ShipedgeError and RleFormatError and makes FormatError arrive in Python as the latter.
void bind_errors(pybind11::module_& module);

/// Finishes a type: its objects always hold a value, and nobody may exchange its methods or give an object of it
/// another
/// `__class__`, whose methods would read the value as what it is not.
void seal(const pybind11::object& cls);

/// Makes TypeErrors of the calls with which pybind11's own types end the process. They are found through a class and a
/// function of ours, and other modules may share them: what these need goes on working.
void seal_pybind11(const pybind11::object& cls, const pybind11::object& function);

/// Makes the complaint about a call with wrong arguments one line: pybind11 shows every value, whatever its length.
/// To be called for the module and each class, when all their functions are bound.
void shorten_wrong_calls(const pybind11::object& owner);

/// COCO's counts and polygons.
void bind_exchange(pybind11::module_& module);

/// The value type `Rle`; before the functions that take or return it.
void bind_rle(pybind11::module_& module);

/// Methods of `Rle` that move, stretch and shrink it.
void bind_geometry(pybind11::class_<Rle>& cls);

/// `Rle` as an array, and painted into arrays.
void bind_arrays(pybind11::class_<Rle>& cls);

/// Many masks as one array.
void bind_mask_batches(pybind11::module_& module);

/// How large an `Rle` is, and how it lies.
void bind_measures(pybind11::class_<Rle>& cls);

/// Masks of one object that was found several times.
void bind_duplicates(pybind11::module_& module);

/// Set operations, measures and connected parts of many masks.
void bind_algebra(pybind11::module_& module);

/// Label maps.
void bind_labels(pybind11::module_& module);

/// Texts and masks straight into each other, one or many at a time.
void bind_text(pybind11::module_& module);

/// The index of an Airbus CSV.
void bind_csv(pybind11::module_& module);

/// Frames: (height, width, 3) pixels.
void bind_frame(pybind11::module_& module);

/// Strips of JPEG files.
void bind_jpeg(pybind11::module_& module);

/// PNG files of masks.
void bind_png(pybind11::module_& module);

/// From what the models say of a frame to its components.
void bind_ships(pybind11::module_& module);

/// Rectangles of ships, what a refiner sees of them, and what it makes of them.
void bind_refiner(pybind11::module_& module);

}  // namespace shipedge
