#include "shipedge/csv_index.hpp"

#include <algorithm>
#include <cstring>

#include "build.hpp"
#include "scan.hpp"
#include "shipedge/text.hpp"

namespace shipedge {
namespace {

constexpr std::size_t kLineBlock = std::size_t{1} << 12;

/// Line endings in [begin, end): LF, CR LF or CR.
std::uint32_t count_breaks(const char* data, std::size_t begin, std::size_t end, std::size_t size) {
  std::uint32_t count = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const bool alone = data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n');
    count += static_cast<std::uint32_t>(data[i] == '\n' || alone);
  }
  return count;
}

}  // namespace

std::unique_ptr<CsvIndex> CsvIndex::make(std::size_t size, const Read& read, const NameCheck& name_ok) {
  CsvBuilder builder(size);
  if (!builder.read(read)) return nullptr;
  return builder.build(name_ok);
}

std::size_t CsvIndex::find(std::string_view name) const noexcept {
  if (slots_.empty()) return images_.size();
  const std::uint64_t hash = csv::hash_name(name);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].image != 0; at = (at + 1) & mask) {
    if (slots_[at].tag == tag && view(images_[slots_[at].image - 1].name) == name) return slots_[at].image - 1;
  }
  return images_.size();
}

void CsvIndex::parse(std::size_t image, Shape shape, RunBuffer& runs, Buffer<std::size_t>& ends) const {
  for (std::size_t k = 0; k < images_[image].count; ++k) {
    try {
      parse_airbus(ship(image, k), shape, runs);
    } catch (const FormatError& error) {
      throw ShipError(error, image, k);
    }
    ends.push(runs.size());
  }
}

std::size_t CsvIndex::line_at(std::size_t position) const {
  std::call_once(lines_counted_, [&] {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < bytes_.size(); at += kLineBlock) {
      lines_before_.push_back(lines);
      lines += count_breaks(bytes_.data(), at, std::min(at + kLineBlock, bytes_.size()), bytes_.size());
    }
    lines_before_.push_back(lines);
  });
  const std::size_t block = position / kLineBlock;
  return 1 + lines_before_[block] + count_breaks(bytes_.data(), block * kLineBlock, position, bytes_.size());
}

std::size_t CsvIndex::line(std::size_t image, std::size_t k) const {
  const CsvSpan span = ships_[images_[image].first + k];
  if (span.offset < bytes_.size()) return line_at(std::size_t{span.offset} + span.size);
  const auto origin = std::ranges::upper_bound(unquoted_from_, span.offset, {}, &Origin::position) - 1;
  return line_at(origin->end);
}

std::size_t CsvIndex::line(const CsvFault& fault) const { return line_at(fault.last); }

std::vector<std::string> CsvIndex::fields(const CsvFault& fault) const {
  std::vector<std::string> texts;
  if (fault.kind == CsvFault::kEmpty || fault.kind == CsvFault::kUtf8) return texts;
  std::vector<csv::Field> fields;
  csv::read_record(bytes_.data(), fault.begin, static_cast<std::uint32_t>(bytes_.size()), &fields);
  for (const csv::Field& field : fields) {
    texts.push_back(field.doubled ? csv::without_quotes(view(field.span)) : std::string(view(field.span)));
  }
  return texts;
}

}  // namespace shipedge
