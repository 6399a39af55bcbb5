#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "csv_file.hpp"
#include "numpy_io.hpp"
#include "shipedge/mask_files.hpp"
#include "shipedge/png.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

ByteBuffer& scratch_bytes() {
  thread_local ByteBuffer bytes;
  bytes.clear();
  return bytes;
}

py::bytes as_bytes(const ByteBuffer& png) { return {reinterpret_cast<const char*>(png.data()), png.size()}; }

py::bytes to_png(const py::object& mask, int bits) {
  const HeldRle held = as_rle(mask, "rle");
  const Rle& rle = *held;
  if (bits != 1 && bits != 8) throw py::value_error("bits is " + std::to_string(bits) + ", expected 1 or 8");
  ByteBuffer& png = scratch_bytes();
  {
    const Unlocked nogil;
    const std::size_t end = rle.runs().size();
    png_of_mask({rle.runs(), {&end, 1}}, rle.shape(), bits == 1, png);
  }
  return as_bytes(png);
}

py::bytes labels_to_png(const py::object& rles, const py::object& shape_like, const py::object& overlap) {
  const Shape shape = as_shape(shape_like);
  const Overlap rule = as_overlap(overlap);
  const HeldRles held = as_rles(rles, "rles", &shape);
  ByteBuffer& png = scratch_bytes();
  {
    const Unlocked nogil;
    std::vector<Run> runs;
    std::vector<std::size_t> ends;
    for (const Rle* rle : held.rles) {
      runs.insert(runs.end(), rle->runs().begin(), rle->runs().end());
      ends.push_back(runs.size());
    }
    png_of_labels({runs, ends}, shape, rule, png);
  }
  return as_bytes(png);
}

/// shapes: (height, width) of all, or a list with one for each.
std::vector<MaskFile> as_files(const CsvIndex& index, const py::tuple& images, const py::tuple& names,
                               const py::object& shapes) {
  const bool is_one = py::isinstance<py::tuple>(shapes);
  const py::tuple each = is_one ? py::tuple() : as_tuple(shapes, "shapes");
  if (images.size() != names.size() || (!is_one && each.size() != images.size())) {
    throw py::value_error("images, names and shapes differ in number");
  }
  const Shape one = is_one ? as_shape(shapes) : Shape{};
  std::vector<MaskFile> files;
  files.reserve(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::size_t image = index.find(as_text(images[i]));
    if (image == index.size()) throw py::key_error(py::str(images[i]).cast<std::string>());
    std::string name(as_text(names[i]));
    if (name.empty() || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) {
      throw py::value_error("name " + shown_value(names[i]) + " is not a plain file name");
    }
    files.push_back({image, std::move(name), is_one ? one : as_shape(each[i])});
  }
  return files;
}

py::tuple write(const CsvFile& file, const py::object& images, const py::object& names, const std::string& folder,
                const py::object& shapes, const py::object& labels, std::size_t threads) {
  const MaskKind kind = labels.is_none() ? MaskKind::kGrey : MaskKind::kLabels;
  const Overlap rule = labels.is_none() ? Overlap::kError : as_overlap(labels);
  const std::vector<MaskFile> files =
      as_files(*file.index, as_tuple(images, "images"), as_tuple(names, "names"), shapes);
  WrittenMasks done;
  try {
    const Unlocked nogil;
    done = write_masks(*file.index, files, folder, kind, rule, threads);
  } catch (const FileError& error) {
    errno = error.code();
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, error.path().c_str());
    throw py::error_already_set();
  }
  py::list refused;
  for (const RefusedMask& one : done.refused) refused.append(py::make_tuple(one.file, one.line, one.why));
  return py::make_tuple(done.files, done.ships, refused);
}

}  // namespace

void bind_png(py::module_& module) {
  module.def("to_png", &to_png, py::arg("rle"), py::arg("bits") = 8,
             R"(A mask as the bytes of a grey PNG, straight from its runs.

Args:
    rle: The mask, an Rle or a (height, width) integer or bool array.
    bits: 8: values 0 and 255, which every reader shows as such. 1: half the size; some readers give booleans.

Raises:
    RleFormatError: A side of the mask is 0 or over 2147483647 pixels.)");
  module.def("labels_to_png", &labels_to_png, py::arg("rles"), py::arg("shape"), py::arg("overlap") = "error",
             R"(Masks as the bytes of one grey PNG in which mask k of the list has the value k, from 1.

Args:
    rles: The masks; up to 255 give an 8-bit PNG, up to 65535 a 16-bit one.
    shape: Their (height, width).
    overlap: As for `to_labels`.

Raises:
    RleFormatError: Two masks share a pixel and `overlap` is "error", there are too many, or the shape is none of a PNG.)");
  module.def("write_masks", &write, py::arg("index"), py::arg("images"), py::arg("names"), py::arg("folder"),
             py::arg("shapes"), py::arg("labels"), py::arg("threads"),
             "Writes PNG files of images of a CsvIndex; (files, ships, [(position, line or 0, why), ...]). "
             "`labels` is None for masks, and for label maps what `to_labels` calls overlap.");
}

}  // namespace shipedge
