#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "shipedge/csv_index.hpp"
#include "shipedge/overlap.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

enum class MaskKind : std::uint8_t { kGrey, kOneBit, kLabels };

/// A mask to be written: of which image, into which file of the folder, with which size.
struct MaskFile {
  std::size_t image;
  std::string name;
  Shape shape;
};

/// A mask that was not written, because of its ships.
struct RefusedMask {
  std::size_t file;  // position in the list
  std::size_t line;  // of the CSV, where a run list is none; otherwise 0
  std::string why;
};

struct WrittenMasks {
  std::size_t files = 0;
  std::size_t ships = 0;
  std::vector<RefusedMask> refused;  // in the order of the list
};

/// A file that cannot be written: going on would only repeat it.
class FileError : public std::runtime_error {
 public:
  FileError(int code, std::string path) : std::runtime_error(path), code_(code), path_(std::move(path)) {}
  [[nodiscard]] int code() const noexcept { return code_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  int code_;
  std::string path_;
};

/// Writes PNG masks on several threads. A file that is there is replaced, a link is not followed; a file that cannot be
/// written whole is removed. `rule` says whose a pixel of several ships is in a label map. Throws FileError.
WrittenMasks write_masks(const CsvIndex& index, std::span<const MaskFile> files, const std::string& folder,
                         MaskKind kind, Overlap rule, std::size_t threads);

}  // namespace shipedge
