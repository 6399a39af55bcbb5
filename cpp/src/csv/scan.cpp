#include "scan.hpp"

#include <cstring>
#include <random>

#include "shipedge/kernels.hpp"

namespace shipedge::csv {
namespace {

constexpr std::uint32_t kBlock = 64;
constexpr std::uint32_t kPiece = 256 * kBlock;  // looked through at a time; the positions found stay in the first cache
constexpr std::uint32_t kLong = 1U << 20;
constexpr std::uint32_t kLongestName = 200;  // bytes; longer ones are the exact reader's

std::uint64_t load8(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

std::uint64_t load4(const char* from) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// High and low half of the product, folded: the mixing step of wyhash (public domain), written anew.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  const std::uint64_t ah = a >> 32, al = a & 0xffffffff, bh = b >> 32, bl = b & 0xffffffff;
  const std::uint64_t low = al * bl, middle = ah * bl + (low >> 32), other = al * bh + (middle & 0xffffffff);
  return (a * b) ^ (ah * bh + (middle >> 32) + (other >> 32));
#endif
}

const std::uint64_t* seeds() {
  static const auto made = [] {
    struct Seeds {
      std::uint64_t value[2];
    } seeds{};
    std::random_device random;
    for (auto& value : seeds.value) value = std::uint64_t{random()} << 32 | random() | 1;
    return seeds;
  }();
  return made.value;
}

bool same(const char* a, const char* b, std::uint32_t size) noexcept {
  if (size >= 8 && size <= 16) {
    return ((load8(a) ^ load8(b)) | (load8(a + size - 8) ^ load8(b + size - 8))) == 0;
  }
  return std::memcmp(a, b, size) == 0;
}

constexpr bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }

}  // namespace

std::uint64_t hash_name(std::string_view name) noexcept {
  static const std::uint64_t* const seed = seeds();
  const char* at = name.data();
  std::size_t size = name.size();
  std::uint64_t hash = seed[0] ^ size;
  for (; size > 16; at += 16, size -= 16) hash = fold(load8(at) ^ hash, load8(at + 8) ^ seed[1]);
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (size >= 8) {
    a = load8(at);
    b = load8(at + size - 8);
  } else if (size >= 4) {
    a = load4(at);
    b = load4(at + size - 4);
  } else if (size != 0) {
    a = static_cast<unsigned char>(at[0]);
    b = static_cast<std::uint64_t>(static_cast<unsigned char>(at[size / 2])) << 8 |
        static_cast<unsigned char>(at[size - 1]);
  }
  return fold(fold(a ^ hash, b ^ seed[1]), seed[0]);
}

Scanner::Scanner(const char* data, std::uint32_t begin, std::size_t expected, bool headed)
    : data_(data), begin_(begin), row_(begin), scanned_(begin), headed_(headed) {
  groups.reserve(expected / 64 + kBlock);
  ships.reserve(expected / 64 + kBlock);
}

void Scanner::feed(std::uint32_t available, bool whole) {
  const auto find = simd::best().find_specials;
  if (stopped_ || (available < retry_ && !whole)) return;
  std::uint32_t found[kPiece + 16];
  while (scanned_ < available) {
    const std::uint32_t begin = scanned_;
    const std::uint32_t piece = available - begin < kPiece ? available - begin : kPiece;
    std::size_t count = find(data_ + begin, piece / kBlock, begin, found);
    if (const std::uint32_t rest = piece % kBlock; rest != 0) {
      char last[kBlock];
      std::memset(last, '0', kBlock);
      std::memcpy(last, data_ + begin + (piece - rest), rest);
      count += find(last, 1, begin + (piece - rest), found + count);
    }
    scanned_ = begin + piece;
    for (std::size_t i = 0; i < count; ++i) {
      if (!take(found[i], available, whole)) return;
    }
  }
  // The last record may lack its line ending.
  if (whole && row_ < available) take_exactly(available, whole);
}

/// False where the record at hand needs bytes that are not there yet.
bool Scanner::take(std::uint32_t position, std::uint32_t available, bool whole) {
  const char c = data_[position];
  if (static_cast<unsigned char>(c) >= 0x80) non_ascii_ = true;
  if (position < row_) return true;  // inside what the exact reader took
  if (c == ',') {
    if (comma_ == 0) {
      comma_ = position;
    } else {
      plain_ = false;
    }
    return true;
  }
  if (c == '\n') {
    if (plain_ && headed_ && take_plain(comma_, position)) {
      row_ = position + 1;
      comma_ = 0;
      return true;
    }
    return take_exactly(available, whole);
  }
  if (c == '\r') {
    if (position + 1 < available && data_[position + 1] == '\n') return true;
    return take_exactly(available, whole);
  }
  plain_ = false;
  return true;
}

/// Takes the record that ends with the line feed at `end`, if it is one of the plain kind.
bool Scanner::take_plain(std::uint32_t comma, std::uint32_t end) {
  if (end != row_ && data_[end - 1] == '\r') --end;
  if (end == row_) return true;  // blank
  const char* const name = data_ + row_;
  const std::uint32_t size = comma - row_;
  if (comma == 0 || size - 1 >= kLongestName || name[0] == ' ' || name[size - 1] == ' ') return false;
  if (size < 3 && name[0] == '.' && name[size - 1] == '.') return false;  // a folder, not a name
  std::uint32_t text = comma + 1;
  while (text < end && is_blank(data_[text])) ++text;
  while (text < end && is_blank(data_[end - 1])) --end;
  const bool ship = text < end;
  if (!groups.empty() && groups.back().name.size == size && same(data_ + groups.back().name.offset, name, size)) {
    if (!ship || groups.back().count == 0) return false;  // none said twice, or against the rows before
    ++groups.back().count;
  } else {
    groups.push({hash_name({name, size}), {row_, size}, static_cast<std::uint32_t>(ships.size()), ship ? 1U : 0U});
  }
  if (ship) ships.push({text, end - text});
  ++rows_;
  return true;
}

bool Scanner::take_exactly(std::uint32_t available, bool whole) {
  const Record record = read_record(data_, row_, available);
  const bool unfinished = record.broken == Broken::kEnd || (record.broken == Broken::kNo && !record.terminated);
  if (unfinished && !whole) {
    // A long record waits for twice as much, so that it is not read again and again.
    retry_ = available - row_ < kLong ? 0 : row_ + 2 * (available - row_);
    scanned_ = row_;
    comma_ = 0;
    plain_ = true;
    return false;
  }
  if (record.fields != 0 || record.broken != Broken::kNo) {
    groups.push({0, {row_, 0}, static_cast<std::uint32_t>(ships.size()), 0});
    headed_ = true;
  }
  row_ = record.next;
  comma_ = 0;
  plain_ = true;
  stopped_ = record.broken != Broken::kNo;
  return true;
}

}  // namespace shipedge::csv
