#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <string_view>

#include "shipedge/csv_index.hpp"

namespace shipedge {

/// What Python calls CsvIndex: the index and the path that its messages name.
struct CsvFile {
  std::string path;
  std::unique_ptr<CsvIndex> index;
};

/// A str of UTF-8; what is none of it becomes a question mark.
pybind11::str utf8(std::string_view characters);

/// The functions that make a CsvIndex and say what is wrong with it.
void bind_csv_reading(pybind11::module_& module);

}  // namespace shipedge
