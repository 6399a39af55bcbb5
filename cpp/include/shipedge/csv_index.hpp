#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shipedge/buffer.hpp"
#include "shipedge/error.hpp"
#include "shipedge/large_array.hpp"

namespace shipedge {

/// Bytes [offset, offset + size) of a CSV (or of the texts beside it).
struct CsvSpan {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// An image: where its name stands, and which ships of the list are its own.
struct CsvImage {
  std::uint64_t hash;  // of the name
  CsvSpan name;
  std::uint32_t first;
  std::uint32_t count;  // 0: said to have none
};

/// What is wrong with a row (from kBroken on: with the whole file), and with which one.
struct CsvFault {
  enum Kind : std::uint8_t {
    kFields,
    kName,
    kShipAfterNone,
    kNoneAfterShip,
    kBroken,
    kUnclosed,
    kHeader,
    kEmpty,
    kUtf8
  };

  Kind kind;
  std::uint32_t begin;  // of the record; kUtf8: of the bad character
  std::uint32_t last;   // its line ending
  std::uint32_t count;  // kFields: fields found; kNoneAfterShip: ships of the image so far
};

/// A run list of a CSV that is not a mask: which one, besides what FormatError says.
class ShipError : public FormatError {
 public:
  ShipError(const FormatError& error, std::size_t image, std::size_t ship)
      : FormatError(error), image_(image), ship_(ship) {}
  [[nodiscard]] std::size_t image() const noexcept { return image_; }
  [[nodiscard]] std::size_t ship() const noexcept { return ship_; }

 private:
  std::size_t image_;
  std::size_t ship_;
};

/// The ships of each image of an Airbus CSV: `ImageId,EncodedPixels`, one row per ship, one bare row for an image
/// without ships. Holds the bytes and where things are in them; run lists are not parsed.
///
/// The fast path takes plain rows; quotes, odd names, line endings of one CR and contradictions go through a reader
/// that follows Python's csv module byte by byte.
class CsvIndex {
 public:
  /// Larger files are refused: positions take 32 bits, and unquoted copies need room beside the file.
  static constexpr std::size_t kMostBytes = std::size_t{1} << 31;

  /// Reads `count` bytes at `from` to `to`; false: they are not there (the file shrank).
  using Read = std::function<bool(char* to, std::size_t from, std::size_t count)>;
  /// Is this odd name (anything but printable ASCII without / \ :) fit for a file name? Called in file order.
  using NameCheck = std::function<bool(std::string_view)>;

  /// Reads and indexes a file of `size` bytes, on two threads if it is large; nullptr where `read` says false.
  /// `read` is called on both. Bad rows become faults, and their whole image is left out.
  static std::unique_ptr<CsvIndex> make(std::size_t size, const Read& read, const NameCheck& name_ok);

  [[nodiscard]] std::size_t size() const noexcept { return images_.size(); }
  /// Rows of the file, without the header and blank lines.
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] const std::vector<CsvFault>& faults() const noexcept { return faults_; }

  /// Position of an image, in file order; size() where there is none of this name.
  [[nodiscard]] std::size_t find(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view name(std::size_t image) const noexcept { return view(images_[image].name); }
  [[nodiscard]] std::size_t ship_count(std::size_t image) const noexcept { return images_[image].count; }
  /// Run list of a ship, without spaces around it.
  [[nodiscard]] std::string_view ship(std::size_t image, std::size_t k) const noexcept {
    return view(ships_[images_[image].first + k]);
  }
  /// Appends the runs of all ships of an image, and where each ship's end; throws ShipError.
  void parse(std::size_t image, Shape shape, RunBuffer& runs, Buffer<std::size_t>& ends) const;
  /// Line of the file, from 1, where a ship's run list ends.
  [[nodiscard]] std::size_t line(std::size_t image, std::size_t k) const;
  /// Line of a fault.
  [[nodiscard]] std::size_t line(const CsvFault& fault) const;
  /// Fields of a faulty record; empty for faults that have none.
  [[nodiscard]] std::vector<std::string> fields(const CsvFault& fault) const;
  /// A byte of the file, for messages.
  [[nodiscard]] unsigned char byte(std::size_t at) const noexcept { return static_cast<unsigned char>(bytes_[at]); }

 private:
  friend class CsvBuilder;

  struct Slot {
    std::uint32_t tag;    // upper half of the hash
    std::uint32_t image;  // + 1; 0: free
  };

  /// Where the record of an unquoted copy ends in the file.
  struct Origin {
    std::uint32_t position;
    std::uint32_t end;
  };

  CsvIndex() = default;

  [[nodiscard]] std::string_view view(CsvSpan span) const noexcept {
    if (span.offset < bytes_.size()) return {bytes_.data() + span.offset, span.size};
    return {unquoted_.data() + (span.offset - bytes_.size()), span.size};
  }
  [[nodiscard]] std::size_t line_at(std::size_t position) const;

  LargeArray<char> bytes_;
  LargeArray<CsvImage> images_;
  LargeArray<CsvSpan> ships_;
  LargeArray<Slot> slots_;
  std::string unquoted_;               // fields that had doubled quotes; positions go on here behind the bytes
  std::vector<Origin> unquoted_from_;  // ascending
  std::vector<CsvFault> faults_;
  std::size_t rows_ = 0;
  mutable std::once_flag lines_counted_;  // only messages ask for lines
  mutable std::vector<std::size_t> lines_before_;
};

}  // namespace shipedge
