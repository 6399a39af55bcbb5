#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bindings.hpp"
#include "shipedge/jpeg_strips.hpp"
#include "unlocked.hpp"

namespace py = pybind11;

namespace shipedge {
namespace {

constexpr py::ssize_t kNumbers = 8;

std::span<const std::uint8_t> bytes_of(const py::buffer_info& info) {
  if (info.itemsize != 1 || info.ndim != 1 || (info.size > 1 && info.strides[0] != 1)) {
    throw py::value_error("content is an array, expected bytes");
  }
  return {static_cast<const std::uint8_t*>(info.ptr), static_cast<std::size_t>(info.size)};
}

void write_row(const JpegRow& row, std::int64_t* out) {
  const std::array<std::int64_t, kNumbers> numbers = {
      row.at,   static_cast<std::int64_t>(row.bits), row.count, row.made_up, row.until_restart, row.dc[0], row.dc[1],
      row.dc[2]};
  std::copy(numbers.begin(), numbers.end(), out);
}

py::tuple jpeg_strips(const py::buffer& content) {
  const py::buffer_info info = content.request();
  const JpegStrips strips(bytes_of(info));
  py::array_t<std::int64_t> begin(kNumbers);
  write_row(strips.begin(), begin.mutable_data());
  return py::make_tuple(py::make_tuple(strips.height(), strips.width()), strips.row_height(), begin);
}

py::tuple cut_jpeg(const py::buffer& content, const py::array_t<std::int64_t, py::array::c_style>& start,
                   std::size_t first, std::size_t count) {
  if (start.ndim() != 1 || start.size() != kNumbers) throw py::value_error("start is no row, expected 8 numbers");
  const py::buffer_info info = content.request();
  const auto bytes = bytes_of(info);
  const std::int64_t* n = start.data();
  const JpegRow row{n[0], static_cast<std::uint64_t>(n[1]), n[2], n[3], n[4], {n[5], n[6], n[7]}};
  std::vector<std::uint8_t> made;
  std::vector<JpegRow> following;
  {
    const Unlocked nogil;
    made = JpegStrips(bytes).cut(row, first, count, following);
  }
  py::array_t<std::int64_t> rows({static_cast<py::ssize_t>(following.size()), kNumbers});
  for (std::size_t k = 0; k < following.size(); ++k) {
    write_row(following[k], rows.mutable_data(static_cast<py::ssize_t>(k), 0));
  }
  return py::make_tuple(py::bytes(reinterpret_cast<const char*>(made.data()), made.size()), rows);
}

}  // namespace

void bind_jpeg(py::module_& module) {
  module.def("jpeg_strips", &jpeg_strips, py::arg("content"),
             R"(((height, width), pixels of a row of MCUs, where the first one begins) of a sequential JPEG of one scan.

Raises RleFormatError where it is of another kind.)");
  module.def(
      "cut_jpeg", &cut_jpeg, py::arg("content"), py::arg("start"), py::arg("first"), py::arg("count"),
      R"((a JPEG of `count` rows of MCUs from number `first` on, which begins at `start`, where the following begin).

Raises RleFormatError where the data are damaged or end early.)");
}

}  // namespace shipedge
