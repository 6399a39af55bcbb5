#include <pybind11/pybind11.h>

#include <cerrno>
#include <cstring>
#include <utility>

#ifndef _WIN32
#include <unistd.h>
#endif

#include "csv_file.hpp"
#include "unlocked.hpp"

namespace shipedge {

namespace py = pybind11;

py::str utf8(std::string_view characters) {
  PyObject* const made = PyUnicode_DecodeUTF8(characters.data(), static_cast<Py_ssize_t>(characters.size()), "replace");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

namespace {

/// The first `most` faults, and the last one, which may be what ended the reading.
py::list faults(const CsvFile& file, std::size_t most) {
  constexpr const char* kKinds[] = {
      "fields", "name", "ship after none", "none after ship", "broken", "unclosed", "header", "empty", "utf8"};
  py::list list;
  const std::vector<CsvFault>& all = file.index->faults();
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (k >= most && k + 1 < all.size()) k = all.size() - 1;
    const CsvFault& fault = all[k];
    py::list fields;
    for (const std::string& field : file.index->fields(fault)) fields.append(utf8(field));
    const unsigned number = fault.kind == CsvFault::kUtf8 ? file.index->byte(fault.begin) : fault.count;
    list.append(py::make_tuple(kKinds[fault.kind], file.index->line(fault), fields, number));
  }
  return list;
}

std::unique_ptr<CsvFile> make(std::string path, std::size_t size, const CsvIndex::Read& read,
                              const py::object& name_ok) {
  if (size >= CsvIndex::kMostBytes) {
    throw py::value_error("a CSV of " + std::to_string(size) + " bytes, expected fewer than " +
                          std::to_string(CsvIndex::kMostBytes));
  }
  const Unlocked nogil;
  auto index = CsvIndex::make(size, read, [&](std::string_view name) {
    const Relocked gil(nogil);
    const py::str shown = utf8(name);
    return guarded([&] { return name_ok(shown); }).cast<bool>();
  });
  if (!index) return nullptr;
  return std::make_unique<CsvFile>(CsvFile{std::move(path), std::move(index)});
}

std::unique_ptr<CsvFile> index_bytes(std::string path, const py::bytes& data, const py::object& name_ok) {
  const std::string_view bytes = data;
  return make(
      std::move(path), bytes.size(),
      [&](char* to, std::size_t from, std::size_t count) {
        std::memcpy(to, bytes.data() + from, count);
        return true;
      },
      name_ok);
}

#ifndef _WIN32
std::unique_ptr<CsvFile> index_file(std::string path, int file, std::size_t size, const py::object& name_ok) {
  int trouble = 0;
  const auto read = [&](char* to, std::size_t from, std::size_t count) {
    while (count != 0) {
      const ssize_t got = pread(file, to, count, static_cast<off_t>(from));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) trouble = errno;
      if (got <= 0) return false;
      to += got;
      from += static_cast<std::size_t>(got);
      count -= static_cast<std::size_t>(got);
    }
    return true;
  };
  auto made = make(std::move(path), size, read, name_ok);
  if (trouble != 0) {
    errno = trouble;
    PyErr_SetFromErrno(PyExc_OSError);
    throw py::error_already_set();
  }
  return made;
}
#endif

}  // namespace

void bind_csv_reading(py::module_& module) {
  module.def("index_bytes", &index_bytes, py::arg("path"), py::arg("data"), py::arg("name_ok"),
             "The index of a CSV in memory; `path` is for messages, `name_ok(name)` decides about odd names.");
  module.def("csv_faults", &faults, py::arg("index"), py::arg("most"),
             "(kind, line, fields, number) of the first `most` bad rows and of the last one, which may spoil the whole "
             "file; in file order.");
  module.def(
      "csv_fault_count", [](const CsvFile& file) { return file.index->faults().size(); }, py::arg("index"),
      "How many bad rows there are.");
#ifndef _WIN32
  module.def("index_file", &index_file, py::arg("path"), py::arg("file"), py::arg("size"), py::arg("name_ok"),
             "The index of an open file of so many bytes; None where it turns out shorter.");
#endif
}

}  // namespace shipedge
