#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "csv/build.hpp"
#include "fuzz.hpp"

/// Any bytes as a CSV, in stretches and chunks of any size: the index holds what a reader sees that goes through the
/// characters one by one, as Python's csv module does, and blames the same rows.
namespace {

using shipedge::CsvBuilder;
using shipedge::CsvFault;
using shipedge::CsvIndex;

bool name_ok(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name != "." && name != ".." && name.front() != ' ' &&
         name.back() != ' ' && name.find_first_of("/\\:\n\r\x7f") == std::string_view::npos;
}

/// Code points; false where the bytes are not UTF-8.
bool decode(std::string_view bytes, std::vector<std::uint32_t>& points, std::size_t& bad) {
  for (std::size_t at = 0; at < bytes.size();) {
    bad = at;
    const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
    const std::uint32_t first = byte(at);
    const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (length == 0 || at + length > bytes.size()) return false;
    std::uint32_t point = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      if (byte(at + i) >> 6 != 2) return false;
      point = point << 6 | (byte(at + i) & 0x3f);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    points.push_back(point);
    at += length;
  }
  return true;
}

std::string stripped(const std::string& text) {
  std::vector<std::uint32_t> points;
  std::size_t bad = 0;
  decode(text, points, bad);
  const auto is_space = [](std::uint32_t c) {
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
  };
  const auto size = [](std::uint32_t c) { return std::size_t{c < 0x80 ? 1U : c < 0x800 ? 2U : c < 0x10000 ? 3U : 4U}; };
  std::size_t begin = 0;
  std::size_t end = text.size();
  while (!points.empty() && is_space(points.back())) {
    end -= size(points.back());
    points.pop_back();
  }
  for (std::size_t i = 0; i < points.size() && is_space(points[i]); ++i) begin += size(points[i]);
  return text.substr(begin, end - begin);
}

/// What the index should hold.
struct Truth {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> images;
  std::vector<std::pair<int, std::size_t>> faults;  // kind and line
  std::size_t rows = 0;
};

class SlowReader {
 public:
  Truth read(std::string_view file) {
    std::vector<std::uint32_t> points;
    std::size_t bad = 0;
    if (!decode(file, points, bad)) {
      for (std::size_t i = 0; i < bad; ++i) line_ += ends_line(file, i) ? 1U : 0U;
      truth_.faults.emplace_back(CsvFault::kUtf8, line_);
      return truth_;
    }
    if (file.starts_with("\xef\xbb\xbf")) file.remove_prefix(3);
    for (std::size_t i = 0; i <= file.size() && !stopped_; ++i) {
      const bool end = i == file.size();
      const char c = end ? '\n' : file[i];
      const bool line_end = c == '\n' || c == '\r';
      if (quoted_ && end) {
        line_ -= ends_line(file, i - 1) ? 1 : 0;  // an empty last line is none
        blame(CsvFault::kUnclosed);
        stopped_ = true;
      } else if (quoted_ && c == '"' && i + 1 < file.size() && file[i + 1] == '"') {
        field_ += file[i++];
      } else if (quoted_ && c == '"') {
        quoted_ = false;
        closed_ = true;
      } else if (quoted_) {
        field_ += c;
      } else if (line_end) {
        if (begun_ || !record_.empty()) end_record();
        begun_ = false;
      } else if (c == ',') {
        end_field();
        begun_ = true;
      } else if (closed_) {
        blame(CsvFault::kBroken);
        stopped_ = true;
      } else if (c == '"' && field_.empty() && !unquoted_) {
        begun_ = quoted_ = true;
      } else {
        begun_ = unquoted_ = true;
        field_ += c;
      }
      if (!end && ends_line(file, i)) ++line_;
    }
    if (!headed_ && truth_.faults.empty()) truth_.faults.emplace_back(CsvFault::kEmpty, 1);
    for (const std::string& name : spoiled_) {
      truth_.images.erase(name);
      std::erase(truth_.order, name);
    }
    return truth_;
  }

 private:
  static bool ends_line(std::string_view file, std::size_t i) {
    return file[i] == '\n' || (file[i] == '\r' && (i + 1 == file.size() || file[i + 1] != '\n'));
  }

  void blame(CsvFault::Kind kind) { truth_.faults.emplace_back(kind, line_); }

  void end_field() {
    record_.push_back(std::exchange(field_, {}));
    closed_ = unquoted_ = false;
  }

  void end_record() {
    end_field();
    const std::vector<std::string> record = std::exchange(record_, {});
    if (!headed_) {
      headed_ = record == std::vector<std::string>{"ImageId", "EncodedPixels"};
      if (!headed_) blame(CsvFault::kHeader);
      stopped_ = !headed_;
      return;
    }
    ++truth_.rows;
    if (const int kind = trouble(record); kind >= 0) {
      blame(static_cast<CsvFault::Kind>(kind));
      spoiled_.push_back(record[0]);
      return;
    }
    if (!truth_.images.contains(record[0])) truth_.order.push_back(record[0]);
    auto& ships = truth_.images[record[0]];
    if (const std::string ship = stripped(record[1]); !ship.empty()) ships.push_back(ship);
  }

  int trouble(const std::vector<std::string>& record) {
    if (record.size() != 2) return CsvFault::kFields;
    const auto image = truth_.images.find(record[0]);
    if (image == truth_.images.end()) return name_ok(record[0]) ? -1 : CsvFault::kName;
    const bool ship = !stripped(record[1]).empty();
    if (image->second.empty() && ship) return CsvFault::kShipAfterNone;
    return !image->second.empty() && !ship ? CsvFault::kNoneAfterShip : -1;
  }

  Truth truth_;
  std::vector<std::string> spoiled_;
  std::vector<std::string> record_;
  std::string field_;
  std::size_t line_ = 1;
  bool headed_ = false;
  bool begun_ = false;
  bool quoted_ = false;
  bool closed_ = false;    // behind the quote that ends a field
  bool unquoted_ = false;  // in a field that began without a quote
  bool stopped_ = false;
};

void compare(const CsvIndex& index, const Truth& truth) {
  FUZZ_CHECK(index.faults().size() == truth.faults.size());
  for (std::size_t i = 0; i < truth.faults.size(); ++i) {
    const CsvFault& fault = index.faults()[i];
    FUZZ_CHECK(fault.kind == truth.faults[i].first);
    FUZZ_CHECK(index.line(fault) == truth.faults[i].second);
    FUZZ_CHECK(index.fields(fault).size() < 5000);
    if (fault.kind >= CsvFault::kBroken) return;  // what was read before is of no use
  }
  FUZZ_CHECK(index.rows() == truth.rows);
  FUZZ_CHECK(index.size() == truth.order.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    FUZZ_CHECK(index.name(i) == truth.order[i]);
    FUZZ_CHECK(index.find(index.name(i)) == i);
    const auto& ships = truth.images.at(truth.order[i]);
    FUZZ_CHECK(index.ship_count(i) == ships.size());
    for (std::size_t k = 0; k < ships.size(); ++k) {
      FUZZ_CHECK(index.ship(i, k) == ships[k]);
      FUZZ_CHECK(index.line(i, k) > 1 && (k == 0 || index.line(i, k - 1) <= index.line(i, k)));
    }
  }
  FUZZ_CHECK(index.find("no such image") == index.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned style = input.byte();
  const std::size_t chunk = 3 + input.byte();
  std::string file = (style & 1) != 0 ? "ImageId,EncodedPixels\n" : "";
  file += input.rest();
  CsvBuilder builder(file.size(), chunk, (style & 2) != 0 ? 0 : file.size() + 1);
  FUZZ_CHECK(builder.read([&](char* to, std::size_t from, std::size_t count) {
    std::memcpy(to, file.data() + from, count);
    return true;
  }));
  compare(*builder.build(name_ok), SlowReader().read(file));
  return 0;
}
