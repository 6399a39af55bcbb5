#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "csv_file.hpp"
#include "numpy_io.hpp"
#include "shipedge/batch.hpp"
#include "shipedge/csv_index.hpp"
#include "unlocked.hpp"

namespace shipedge {
namespace {

py::list texts_of(const CsvIndex& index, std::size_t image) {
  py::list texts(index.ship_count(image));
  for (std::size_t k = 0; k < texts.size(); ++k) {
    PyList_SET_ITEM(texts.ptr(), static_cast<Py_ssize_t>(k), utf8(index.ship(image, k)).release().ptr());
  }
  return texts;
}

py::list names_of(const CsvIndex& index) {
  py::list names(index.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    PyList_SET_ITEM(names.ptr(), static_cast<Py_ssize_t>(i), utf8(index.name(i)).release().ptr());
  }
  return names;
}

/// index.size() where the key is no image.
std::size_t find(const CsvIndex& index, py::handle key) {
  if (PyUnicode_Check(key.ptr()) == 0) return index.size();
  Py_ssize_t size = 0;
  const char* const characters = PyUnicode_AsUTF8AndSize(key.ptr(), &size);
  if (characters == nullptr) {  // lone surrogates: in no file
    PyErr_Clear();
    return index.size();
  }
  return index.find({characters, static_cast<std::size_t>(size)});
}

std::size_t find_or_raise(const CsvIndex& index, py::handle key) {
  const std::size_t image = find(index, key);
  if (image != index.size()) return image;
  PyErr_SetObject(PyExc_KeyError, py::handle(PyExc_KeyError)(key).ptr());  // else a tuple would be taken for arguments
  throw py::error_already_set();
}

/// The error of a run list, said with file, line and image.
[[noreturn]] void raise(const CsvFile& file, const ShipError& error) {
  const CsvIndex& index = *file.index;
  const std::string sentence = file.path + ": line " + std::to_string(index.line(error.image(), error.ship())) +
                               ": image " + py::repr(utf8(index.name(error.image()))).cast<std::string>() + ": " +
                               error.what();
  PyErr_SetString(py::module_::import("shipedge.errors").attr("DatasetError").ptr(), sentence.c_str());
  throw py::error_already_set();
}

/// What scratch memory a decoding thread keeps.
struct Scratch {
  RunBuffer runs;
  Buffer<std::size_t> ends;

  void clear() {
    runs.clear();
    ends.clear();
  }
};

Scratch& scratch() {
  thread_local Scratch own;
  own.clear();
  return own;
}

/// One mask per image, one after the other; nothing is written where a run list is refused.
void decode_into(const CsvFile& file, const std::vector<std::size_t>& images, Shape shape, std::uint8_t* out) {
  const CsvIndex& index = *file.index;
  try {
    const Unlocked nogil;
    std::vector<std::string_view> texts;
    std::vector<std::size_t> ends;
    for (const std::size_t image : images) {
      for (std::size_t k = 0; k < index.ship_count(image); ++k) texts.push_back(index.ship(image, k));
      ends.push_back(texts.size());
    }
    try {
      BatchPainter(shape, images.size(), out, 1).paint({texts, ends});
    } catch (const FormatError&) {  // which knows the text by its number; the index can say more
      Scratch& own = scratch();
      for (const std::size_t image : images) index.parse(image, shape, own.runs, own.ends);
      throw;
    }
  } catch (const ShipError& error) {
    raise(file, error);
  }
}

py::array decode_image(const CsvFile& file, const py::object& key, const py::object& shape_like,
                       const py::object& out) {
  const Shape shape = as_shape(shape_like);
  const std::size_t image = find_or_raise(*file.index, key);
  Canvas canvas = as_canvas(out, shape);
  decode_into(file, {image}, shape, canvas.pixels);
  return std::move(canvas.array);
}

void decode_images(const CsvFile& file, const py::object& keys, const py::object& out) {
  const py::tuple ids = as_tuple(keys, "ids");  // runs the caller's code, so before the array is looked at
  const MaskArray masks = as_mask_batch(out);
  masks.expect_count(ids.size(), "ids");
  std::vector<std::size_t> images;
  images.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    images.push_back(find_or_raise(*file.index, PyTuple_GET_ITEM(ids.ptr(), static_cast<Py_ssize_t>(i))));
  }
  decode_into(file, images, masks.shape, masks.pixels);
}

std::vector<Rle> ships(const CsvFile& file, const py::object& key, const py::object& shape_like) {
  const Shape shape = as_shape(shape_like);
  const std::size_t image = find_or_raise(*file.index, key);
  Scratch& own = scratch();
  try {
    file.index->parse(image, shape, own.runs, own.ends);
  } catch (const ShipError& error) {
    raise(file, error);
  }
  std::vector<Rle> found;
  found.reserve(own.ends.size());
  const Run* first = own.runs.begin();
  for (const std::size_t end : own.ends) {
    const Run* const last = own.runs.begin() + end;
    found.push_back(Rle::trusted(shape, {first, last}));
    first = last;
  }
  return found;
}

std::size_t line(const CsvFile& file, const py::object& key, std::size_t k) {
  const std::size_t image = find_or_raise(*file.index, key);
  if (k >= file.index->ship_count(image)) {
    throw py::index_error("ship " + std::to_string(k) + " of " + shown_value(key) + ", which has " +
                          std::to_string(file.index->ship_count(image)));
  }
  return file.index->line(image, k);
}

py::object view_of(const char* kind, const py::object& self) {
  return guarded([&] { return py::module_::import("collections.abc").attr(kind)(self); });
}

bool equal(const py::object& self, const py::object& other) {
  if (!py::isinstance(other, py::module_::import("collections.abc").attr("Mapping"))) return false;
  return py::dict(self.attr("items")()).equal(py::dict(other.attr("items")()));
}

}  // namespace

void bind_csv(py::module_& module) {
  const py::tuple airbus_shape = py::make_tuple(768, 768);
  py::class_<CsvFile> cls(module, "CsvIndex", py::is_final(),
                          R"(The ships of each image of an Airbus CSV: a mapping ImageId -> Airbus texts of its ships.

Holds the bytes of the file and where things are in them; a text becomes a str, and is parsed, when it is asked for.
An image without ships has an empty list. Made by `open_csv`.)");
  cls.attr("__module__") = "shipedge.rle";
  cls.def("__len__", [](const CsvFile& file) { return file.index->size(); })
      .def("__contains__",
           [](const CsvFile& file, const py::object& key) { return find(*file.index, key) != file.index->size(); })
      .def("__getitem__", [](const CsvFile& file,
                             const py::object& key) { return texts_of(*file.index, find_or_raise(*file.index, key)); })
      .def("__iter__", [](const CsvFile& file) { return py::iter(names_of(*file.index)); })
      .def("__eq__", &equal)
      .def("__repr__",
           [](const CsvFile& file) {
             return "CsvIndex(" + py::repr(py::str(file.path)).cast<std::string>() +
                    ", images=" + std::to_string(file.index->size()) + ", rows=" + std::to_string(file.index->rows()) +
                    ")";
           })
      .def(
          "keys", [](const py::object& self) { return view_of("KeysView", self); }, "The ImageIds, in file order.")
      .def(
          "values", [](const py::object& self) { return view_of("ValuesView", self); }, "The texts of each image.")
      .def(
          "items", [](const py::object& self) { return view_of("ItemsView", self); }, "(ImageId, texts) of each image.")
      .def(
          "get",
          [](const CsvFile& file, const py::object& key, const py::object& other) -> py::object {
            const std::size_t image = find(*file.index, key);
            if (image == file.index->size()) return other;
            return texts_of(*file.index, image);
          },
          py::arg("key"), py::arg("default") = py::none(), "The texts of an image, `default` where it is not there.")
      .def_property_readonly(
          "rows", [](const CsvFile& file) { return file.index->rows(); },
          "Number of rows, without the header and blank lines.")
      .def("decode", &decode_image, py::arg("image_id"), py::arg("shape") = airbus_shape, py::arg("out") = py::none(),
           R"(All ships of an image -> (height, width) uint8 mask of 0 and 1, C order.

Args:
    image_id: The image.
    shape: (height, width) in pixels.
    out: C-contiguous uint8 array of this shape to write into; untouched when a text is refused.

Raises:
    KeyError: There is no such image.
    DatasetError: A text is not a mask of this shape; names file, line, image and what is wrong.)")
      .def("decode_batch", &decode_images, py::arg("ids"), py::arg("out"),
           R"(The masks of n images -> the caller's (n, height, width) uint8 array.

Args:
    ids: The images.
    out: C-contiguous uint8 array; untouched when a text is refused.

Raises:
    KeyError, DatasetError: As for `decode`.)")
      .def("ships", &ships, py::arg("image_id"), py::arg("shape") = airbus_shape,
           "One Rle per ship of an image, in file order; raises as `decode` does.")
      .def(
          "ship_ids",
          [](const CsvFile& file) {
            py::list ids;
            for (std::size_t i = 0; i < file.index->size(); ++i) {
              if (file.index->ship_count(i) != 0) ids.append(utf8(file.index->name(i)));
            }
            return ids;
          },
          "The ImageIds that have ships, in file order.")
      .def("line", &line, py::arg("image_id"), py::arg("k"),
           "Line of the file, from 1, of ship k (from 0) of an image.");
  cls.attr("MOST_BYTES") = CsvIndex::kMostBytes;
  cls.attr("__hash__") = py::none();
  py::module_::import("collections.abc").attr("Mapping").attr("register")(cls);
  bind_csv_reading(module);
}

}  // namespace shipedge
