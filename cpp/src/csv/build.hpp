#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan.hpp"
#include "shipedge/csv_index.hpp"

namespace shipedge {

/// Fills a CsvIndex: reads and scans stretches of the file side by side, then joins them in file order.
class CsvBuilder {
 public:
  /// Files of `worth_two` bytes and more are read on two threads, `chunk` (3 or more) bytes at a time.
  explicit CsvBuilder(std::size_t size, std::size_t chunk = std::size_t{256} << 10,
                      std::size_t worth_two = std::size_t{4} << 20);

  /// Reads and scans all bytes; false if some are not there.
  bool read(const CsvIndex::Read& read);

  /// Joins what was scanned.
  std::unique_ptr<CsvIndex> build(const CsvIndex::NameCheck& name_ok);

 private:
  /// Ships of an image that do not stand with its first ones.
  struct Later {
    std::uint32_t image;
    CsvSpan ship;
  };

  bool read_stretch(const CsvIndex::Read& read, std::size_t begin, std::size_t end,
                    std::optional<csv::Scanner>& scanner);
  bool join(csv::Scanner& scanner, const CsvIndex::NameCheck& name_ok);
  bool add_record(std::uint32_t begin, const CsvIndex::NameCheck& name_ok);
  void add_row(const CsvFault& here, CsvSpan name, CsvSpan ship, const CsvIndex::NameCheck& name_ok);
  CsvIndex::Slot& slot_of(std::string_view name, std::uint64_t hash) noexcept;
  void add_image(CsvIndex::Slot& slot, const CsvImage& image);
  void blame(CsvFault fault, CsvFault::Kind kind, std::uint32_t count, CsvSpan name);
  CsvSpan plain(const csv::Field& field, const csv::Record& record);
  void gather_ships();
  void drop_spoiled();
  void make_slots(std::size_t images);

  std::size_t chunk_;
  std::size_t worth_two_;
  std::unique_ptr<CsvIndex> index_;
  std::vector<std::optional<csv::Scanner>> scanners_;
  std::vector<Later> later_;
  std::vector<CsvSpan> spoiled_;  // names
  bool headed_ = false;
};

}  // namespace shipedge
