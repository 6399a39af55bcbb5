#include "build.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>
#include <utility>

#include "../side_by_side.hpp"

namespace shipedge {
namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";  // byte order mark
constexpr std::size_t kLongestName = 200;           // bytes
constexpr std::size_t kAhead = 16;                  // groups whose place in the table is fetched early

#if defined(__GNUC__)
void fetch(const void* address) { __builtin_prefetch(address, 1); }
#else
void fetch(const void*) {}
#endif

/// Surely a plain file name; of others the caller's check decides.
bool is_plain(std::string_view name) noexcept {
  if (name.empty() || name.size() > kLongestName || name == "." || name == "..") return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

CsvBuilder::CsvBuilder(std::size_t size, std::size_t chunk, std::size_t worth_two)
    : chunk_(chunk), worth_two_(worth_two), index_(new CsvIndex) {
  index_->bytes_.resize(size);
}

bool CsvBuilder::read(const CsvIndex::Read& read) {
  const std::size_t size = index_->bytes_.size();
  const bool two = size >= std::max(worth_two_, 2 * chunk_) && std::thread::hardware_concurrency() > 1;
  const std::size_t stretches = two ? 2 : 1;
  const std::size_t middle = !two ? size : size / 2 / chunk_ * chunk_;
  scanners_.resize(stretches);
  bool is_read[2] = {false, true};
  side_by_side(stretches, [&](std::size_t i) {
    is_read[i] = read_stretch(read, i == 0 ? 0 : middle, i == 0 ? middle : size, scanners_[i]);
  });
  return is_read[0] && is_read[1];
}

/// Reads a stretch and scans it, from its first line feed on unless it is the first one.
bool CsvBuilder::read_stretch(const CsvIndex::Read& read, std::size_t begin, std::size_t end,
                              std::optional<csv::Scanner>& scanner) {
  char* const data = index_->bytes_.data();
  for (std::size_t at = begin; at < end;) {
    const std::size_t count = std::min(chunk_, end - at);
    if (!read(data + at, at, count)) return false;
    if (!scanner && begin == 0) {
      const bool marked = std::string_view(data, count).starts_with(kMark);
      scanner.emplace(data, marked ? static_cast<std::uint32_t>(kMark.size()) : 0U, index_->bytes_.size(), false);
    } else if (!scanner) {
      if (const void* const feed = std::memchr(data + at, '\n', count); feed != nullptr) {
        const auto row = static_cast<std::uint32_t>(static_cast<const char*>(feed) - data) + 1;
        scanner.emplace(data, row, end - begin, true);
      }
    }
    at += count;
    if (scanner) scanner->feed(static_cast<std::uint32_t>(at), at == index_->bytes_.size());
  }
  return true;
}

std::unique_ptr<CsvIndex> CsvBuilder::build(const CsvIndex::NameCheck& name_ok) {
  CsvIndex& index = *index_;
  const auto size = static_cast<std::uint32_t>(index.bytes_.size());
  if (scanners_.size() == 2) {
    // The second stretch was scanned in good faith that a row begins behind its first line feed.
    csv::Scanner& first = *scanners_[0];
    if (scanners_[1]) first.feed(scanners_[1]->begin(), false);
    if (!scanners_[1] || first.at() != scanners_[1]->begin() || !first.headed()) {
      scanners_.pop_back();
      first.feed(size, true);
    }
  }
  std::erase(scanners_, std::nullopt);
  if (!std::ranges::all_of(scanners_, [](const auto& scanner) { return scanner->is_ascii(); })) {
    const std::size_t bad = csv::find_non_utf8(index.bytes_.data(), size);
    if (bad != size) {
      index.faults_.push_back({CsvFault::kUtf8, static_cast<std::uint32_t>(bad), static_cast<std::uint32_t>(bad), 0});
      return std::move(index_);
    }
  }
  std::size_t groups = 0;
  for (const auto& scanner : scanners_) groups += scanner->groups.size();
  make_slots(groups);
  for (auto& scanner : scanners_) {
    index.rows_ += scanner->rows();
    if (!join(*scanner, name_ok)) break;
  }
  if (!headed_ && index.faults_.empty()) index.faults_.push_back({CsvFault::kEmpty, 0, 0, 0});
  if (!later_.empty()) gather_ships();
  if (!spoiled_.empty()) drop_spoiled();
  return std::move(index_);
}

/// Makes images of groups, in place; false where the file ends early, at a record that is none.
bool CsvBuilder::join(csv::Scanner& scanner, const CsvIndex::NameCheck& name_ok) {
  CsvIndex& index = *index_;
  const auto before = static_cast<std::uint32_t>(index.ships_.size());
  const std::size_t known = index.images_.size();
  const std::size_t count = scanner.groups.size();
  if (known == 0 && before == 0) {
    index.images_ = std::move(scanner.groups);
    index.ships_ = std::move(scanner.ships);
  } else {
    index.images_.append(scanner.groups.data(), count);
    index.ships_.append(scanner.ships.data(), scanner.ships.size());
  }
  index.images_.resize(known);  // the groups stay where they are, and no group makes more than one image
  const CsvImage* const groups = index.images_.data() + known;
  const std::size_t mask = index.slots_.size() - 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) fetch(&index.slots_[groups[i + kAhead].hash & mask]);
    CsvImage group = groups[i];
    if (group.name.size == 0) {
      if (!add_record(group.name.offset, name_ok)) return false;
      continue;
    }
    group.first += before;
    if (CsvIndex::Slot& home = index.slots_[group.hash & mask]; home.image == 0) {  // nearly always
      add_image(home, group);
      continue;
    }
    CsvIndex::Slot& slot = slot_of(index.view(group.name), group.hash);
    if (slot.image == 0) {
      add_image(slot, group);
      continue;
    }
    // The image was seen before: its ships are put together later.
    CsvImage& image = index.images_[slot.image - 1];
    if (image.count != 0 && group.count != 0) {
      image.count += group.count;
      for (std::uint32_t k = 0; k < group.count; ++k) later_.push_back({slot.image - 1, index.ships_[group.first + k]});
      continue;
    }
    // Row by row, as each contradicts what was said.
    for (std::uint32_t k = 0; k < std::max(group.count, 1U); ++k) {
      const CsvSpan ship = group.count == 0 ? CsvSpan{} : index.ships_[group.first + k];
      const std::uint32_t last = group.count == 0 ? group.name.offset : ship.offset;
      add_row({CsvFault::kFields, group.name.offset, last, 2}, group.name, ship, name_ok);
    }
  }
  return true;
}

bool CsvBuilder::add_record(std::uint32_t begin, const CsvIndex::NameCheck& name_ok) {
  CsvIndex& index = *index_;
  const csv::Record record =
      csv::read_record(index.bytes_.data(), begin, static_cast<std::uint32_t>(index.bytes_.size()));
  const CsvFault here{CsvFault::kFields, begin, record.last, record.fields};
  if (record.broken != csv::Broken::kNo) {
    blame(here, record.broken == csv::Broken::kQuote ? CsvFault::kBroken : CsvFault::kUnclosed, 0, {});
    return false;
  }
  const CsvSpan name = plain(record.name, record);
  const CsvSpan text = plain(record.text, record);
  if (!headed_) {
    headed_ = record.fields == 2 && index.view(name) == "ImageId" && index.view(text) == "EncodedPixels";
    if (!headed_) blame(here, CsvFault::kHeader, 0, {});
    return headed_;
  }
  ++index.rows_;
  if (record.fields != 2) {
    blame(here, CsvFault::kFields, record.fields, name);
  } else {
    add_row(here, name, csv::stripped(index.view(text).data(), text), name_ok);
  }
  return true;
}

void CsvBuilder::add_row(const CsvFault& here, CsvSpan name, CsvSpan ship, const CsvIndex::NameCheck& name_ok) {
  CsvIndex& index = *index_;
  const std::uint64_t hash = csv::hash_name(index.view(name));
  CsvIndex::Slot& slot = slot_of(index.view(name), hash);
  if (slot.image == 0) {
    if (!is_plain(index.view(name)) && !name_ok(index.view(name))) return blame(here, CsvFault::kName, 0, name);
    add_image(slot, {hash, name, static_cast<std::uint32_t>(index.ships_.size()), 0});
  } else {
    const std::uint32_t count = index.images_[slot.image - 1].count;
    if (count == 0 && ship.size != 0) return blame(here, CsvFault::kShipAfterNone, 0, name);
    if (count != 0 && ship.size == 0) return blame(here, CsvFault::kNoneAfterShip, count, name);
  }
  if (ship.size == 0) return;
  ++index.images_[slot.image - 1].count;
  later_.push_back({slot.image - 1, ship});
}

/// The slot of a name: its image's, or the free one that it would take.
CsvIndex::Slot& CsvBuilder::slot_of(std::string_view name, std::uint64_t hash) noexcept {
  CsvIndex& index = *index_;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t mask = index.slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    CsvIndex::Slot& slot = index.slots_[at];
    if (slot.image == 0 || (slot.tag == tag && index.view(index.images_[slot.image - 1].name) == name)) return slot;
  }
}

void CsvBuilder::add_image(CsvIndex::Slot& slot, const CsvImage& image) {
  index_->images_.push(image);
  slot = {static_cast<std::uint32_t>(image.hash >> 32), static_cast<std::uint32_t>(index_->images_.size())};
}

void CsvBuilder::blame(CsvFault fault, CsvFault::Kind kind, std::uint32_t count, CsvSpan name) {
  fault.kind = kind;
  fault.count = count;
  index_->faults_.push_back(fault);
  spoiled_.push_back(name);
}

/// A field of a record without quotes: where it stands, or a copy where quotes were doubled.
CsvSpan CsvBuilder::plain(const csv::Field& field, const csv::Record& record) {
  if (!field.doubled) return field.span;
  CsvIndex& index = *index_;
  const auto position = static_cast<std::uint32_t>(index.bytes_.size() + index.unquoted_.size());
  index.unquoted_ += csv::without_quotes(index.view(field.span));
  index.unquoted_from_.push_back({position, record.last});
  return {position, static_cast<std::uint32_t>(index.bytes_.size() + index.unquoted_.size() - position)};
}

/// Puts the ships of each image side by side, in file order: those of images whose ships stand apart are copied to the
/// end of the list.
void CsvBuilder::gather_ships() {
  constexpr std::uint32_t kMoved = 1U << 31;  // no list is so long: a row takes four bytes or more
  CsvIndex& index = *index_;
  std::vector<std::uint32_t> next(index.images_.size());  // ships that stand apart; once moved, the next one's place
  std::size_t total = index.ships_.size();
  for (const Later& later : later_) {
    if (next[later.image]++ == 0) total += index.images_[later.image].count;
  }
  index.ships_.reserve(total);
  for (const Later& later : later_) {
    std::uint32_t& place = next[later.image];
    if ((place & kMoved) == 0) {
      CsvImage& image = index.images_[later.image];
      const std::uint32_t together = image.count - place;
      const auto first = static_cast<std::uint32_t>(index.ships_.size());
      index.ships_.resize(first + image.count);
      std::copy_n(index.ships_.data() + image.first, together, index.ships_.data() + first);
      image.first = first;
      place = (first + together) | kMoved;
    }
    index.ships_[place++ & ~kMoved] = later.ship;
  }
}

/// Takes out the images with a bad row.
void CsvBuilder::drop_spoiled() {
  CsvIndex& index = *index_;
  std::vector<bool> spoiled(index.images_.size());
  for (const CsvSpan name : spoiled_) {
    const std::size_t image = index.find(index.view(name));
    if (image != index.size()) spoiled[image] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < spoiled.size(); ++i) {
    if (!spoiled[i]) index.images_[kept++] = index.images_[i];
  }
  index.images_.resize(kept);
  make_slots(kept);
  for (std::size_t i = 0; i < kept; ++i) {
    const CsvImage& image = index.images_[i];
    slot_of(index.view(image.name), image.hash) = {static_cast<std::uint32_t>(image.hash >> 32),
                                                   static_cast<std::uint32_t>(i + 1)};
  }
}

void CsvBuilder::make_slots(std::size_t images) {
  const std::size_t count = std::bit_ceil(2 * images + 2);
  index_->slots_ = LargeArray<CsvIndex::Slot>(count);
  index_->slots_.resize(count);
  std::memset(index_->slots_.data(), 0, count * sizeof(CsvIndex::Slot));
}

}  // namespace shipedge
