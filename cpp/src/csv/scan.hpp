#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shipedge/csv_index.hpp"
#include "shipedge/large_array.hpp"

/// Inside the CSV index: from bytes to records.
namespace shipedge::csv {

/// A field as it stands in the file, without its quotes; `doubled`: each "" in it stands for one quote.
struct Field {
  CsvSpan span;
  bool doubled = false;
};

enum class Broken : std::uint8_t { kNo, kQuote, kEnd };

/// One record, read by the rules of Python's csv module (excel dialect, strict).
struct Record {
  std::uint32_t fields = 0;  // 0: a blank line
  Field name;                // the first two of them
  Field text;
  std::uint32_t last = 0;   // where its line ending begins; of a broken record, the byte that broke it
  std::uint32_t next = 0;   // where the next record begins
  bool terminated = false;  // by a line ending, not by the end of the bytes
  Broken broken = Broken::kNo;
};

/// Reads the record that begins at `begin`. Exact and slow; bytes from `end` on are not looked at.
/// `all`: gets every field.
Record read_record(const char* data, std::uint32_t begin, std::uint32_t end, std::vector<Field>* all = nullptr);

/// The content of a field in which quotes are doubled.
std::string without_quotes(std::string_view field);

/// The span without white space around it, as Python's str.strip() has it; `text` is where it begins.
CsvSpan stripped(const char* text, CsvSpan span) noexcept;

/// Position of the first character that is not UTF-8; `size` where all are.
std::size_t find_non_utf8(const char* data, std::size_t size) noexcept;

/// Random in each process, so that no file can be made whose names all fall on one place of the table.
std::uint64_t hash_name(std::string_view name) noexcept;

/// Groups the records of a stretch of the file as it is being read.
class Scanner {
 public:
  /// Records begin at `begin`; `headed`: the first one that is not blank is left to `read_record`.
  /// `expected`: bytes for whose groups to have room at once.
  Scanner(const char* data, std::uint32_t begin, std::size_t expected, bool headed);

  /// Takes the records that end before `available`, to where the bytes are there; `whole`: no more will come.
  void feed(std::uint32_t available, bool whole);

  [[nodiscard]] std::uint32_t begin() const noexcept { return begin_; }
  /// First byte that no record taken so far holds.
  [[nodiscard]] std::uint32_t at() const noexcept { return row_; }
  /// Whether the first record that is not blank was met.
  [[nodiscard]] bool headed() const noexcept { return headed_; }
  /// Rows in groups.
  [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
  /// False where it saw other than ASCII, or did not look at everything because a record is broken.
  [[nodiscard]] bool is_ascii() const noexcept { return !non_ascii_ && !stopped_; }

  /// Images whose rows stand together, all of the plainest form: ships, or one row that says none. Or, where
  /// `name.size` is 0, one record beginning at `name.offset` that needs `read_record`.
  LargeArray<CsvImage> groups;
  LargeArray<CsvSpan> ships;

 private:
  bool take(std::uint32_t position, std::uint32_t available, bool whole);
  bool take_exactly(std::uint32_t available, bool whole);
  bool take_plain(std::uint32_t comma, std::uint32_t end);

  const char* data_;
  std::uint32_t begin_;
  std::uint32_t row_;      // where the record being read begins
  std::uint32_t scanned_;  // up to here special bytes were looked for
  std::uint32_t retry_ = 0;
  std::uint32_t comma_ = 0;  // of the record being read; 0: not found yet
  std::uint32_t rows_ = 0;
  bool plain_ = true;  // nothing odd in the record being read
  bool headed_;
  bool stopped_ = false;
  bool non_ascii_ = false;
};

}  // namespace shipedge::csv
