#include "shipedge/jpeg_strips.hpp"

#include <algorithm>
#include <bit>

#include "jpeg_bits.hpp"

namespace shipedge {

using jpeg::Reader;
using jpeg::refuse;
using jpeg::Writer;

namespace {

constexpr int kShort = 10;
constexpr int kLongest = 16;
constexpr std::uint8_t kFrames[] = {0xC0, 0xC1};
constexpr std::uint8_t kTables = 0xC4, kQuantization = 0xDB, kInterval = 0xDD, kScan = 0xDA, kJfif = 0xE0,
                       kAdobe = 0xEE;
/// Table K.3, differences of DC coefficients: how many codes of each length there are, from 1, and their categories.
constexpr std::array<std::uint8_t, 16> kDcLengths = {0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
constexpr std::array<std::uint8_t, 12> kDcSizes = {2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9};
constexpr std::array<std::uint16_t, 12> kDcCodes = {0, 2, 3, 4, 5, 6, 14, 30, 62, 126, 254, 510};

constexpr std::int64_t kFarthest = std::int64_t{1} << 40;  // of a DC coefficient, by differences of 2,047

std::size_t two_bytes(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::size_t>(bytes[at]) << 8 | bytes[at + 1];
}

void put_difference(Writer& writer, std::int64_t difference) {
  const std::int64_t size = difference < 0 ? -difference : difference;
  const int category = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(size)));
  if (category > 11) refuse("a coefficient is out of range");
  const auto value =
      static_cast<std::uint32_t>(difference < 0 ? difference + (std::int64_t{1} << category) - 1 : difference);
  writer.put(kDcCodes[static_cast<std::size_t>(category)], kDcSizes[static_cast<std::size_t>(category)]);
  if (category > 0) writer.put(value, category);
}

}  // namespace

JpegStrips::JpegStrips(std::span<const std::uint8_t> content) : content_(content) {
  if (content.size() < 4 || content[0] != 0xFF || content[1] != 0xD8) refuse("it does not begin as a JPEG");
  for (std::size_t at = 2; data_ == 0;) {
    if (at + 4 > content.size() || content[at] != 0xFF) refuse("its header is damaged");
    if (content[at + 1] == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    const std::uint8_t marker = content[at + 1];
    const std::size_t length = two_bytes(content, at + 2);
    if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD9) || length < 2 || at + 2 + length > content.size()) {
      refuse("its header is damaged");
    }
    const auto whole = content.subspan(at, 2 + length);
    const auto segment = whole.subspan(4);
    if (marker == kTables) {
      read_tables(segment);
    } else if (marker == kScan) {
      scan_ = whole;
      read_scan(segment);
      data_ = at + 2 + length;
    } else if (std::find(std::begin(kFrames), std::end(kFrames), marker) != std::end(kFrames)) {
      if (!components_.empty()) refuse("it has two frames");
      frame_ = whole;
      read_frame(segment);
    } else if ((marker >= 0xC0 && marker <= 0xCF) || marker == 0xF7) {
      refuse("it is not sequential");
    } else if (marker == kInterval) {
      if (segment.size() < 2) refuse("its header is damaged");
      interval_ = two_bytes(segment, 0);
    } else if (marker == kQuantization || marker == kJfif || marker == kAdobe) {
      kept_.push_back(whole);
    }
    at += 2 + length;
  }
}

void JpegStrips::read_frame(std::span<const std::uint8_t> segment) {
  if (segment.size() < 6 || segment.size() < 6 + 3 * std::size_t{segment[5]}) refuse("its header is damaged");
  height_ = two_bytes(segment, 1);
  width_ = two_bytes(segment, 3);
  const std::size_t count = segment[5];
  if (segment[0] != 8 || height_ == 0 || width_ == 0 || (count != 1 && count != 3)) refuse("it is of an unusual kind");
  for (std::size_t k = 0; k < count; ++k) {
    const auto* one = &segment[6 + 3 * k];
    Component component{one[0], static_cast<std::uint8_t>(one[1] >> 4), static_cast<std::uint8_t>(one[1] & 15), 0, 0};
    if (component.h < 1 || component.h > 4 || component.v < 1 || component.v > 4) refuse("its header is damaged");
    if (count == 1) component.h = component.v = 1;  // a scan of one component has blocks, not groups of them
    max_h_ = std::max<std::size_t>(max_h_, component.h);
    max_v_ = std::max<std::size_t>(max_v_, component.v);
    components_.push_back(component);
  }
}

void JpegStrips::read_tables(std::span<const std::uint8_t> segment) {
  while (!segment.empty()) {
    if (segment.size() < 17) refuse("its header is damaged");
    const std::size_t number = segment[0] & 15;
    std::size_t total = 0;
    for (std::size_t length = 1; length <= kLongest; ++length) total += segment[length];
    if (number > 3 || segment[0] >> 5 != 0 || segment.size() < 17 + total) refuse("its header is damaged");
    Table& table = (segment[0] >> 4 == 0 ? dc_ : ac_)[number];
    table.symbols.assign(std::size_t{1} << kLongest, 0);
    std::size_t code = 0, at = 17;
    for (std::size_t length = 1; length <= kLongest; ++length) {
      const std::size_t span = std::size_t{1} << (kLongest - length);
      for (std::size_t k = 0; k < segment[length]; ++k, code += span) {
        if (code + span > table.symbols.size()) refuse("a table of codes is damaged");
        std::fill_n(table.symbols.begin() + static_cast<std::ptrdiff_t>(code), span,
                    static_cast<std::uint16_t>(length << 8 | segment[at++]));
      }
    }
    for (std::size_t k = 0; k < table.short_ones.size(); ++k) {
      const std::uint16_t symbol = table.symbols[k << (kLongest - kShort)];
      table.short_ones[k] = symbol >> 8 <= kShort ? symbol : std::uint16_t{0};
    }
    segment = segment.subspan(17 + total);
  }
}

void JpegStrips::read_scan(std::span<const std::uint8_t> segment) {
  const std::size_t count = components_.size();
  if (count == 0 || segment.size() < 4 + 2 * count || segment[0] != count) refuse("it has several scans");
  for (std::size_t k = 0; k < count; ++k) {
    Component& component = components_[k];
    if (segment[1 + 2 * k] != component.id) refuse("its components are in another order");
    component.dc_table = segment[2 + 2 * k] >> 4;
    component.ac_table = segment[2 + 2 * k] & 15;
    if (component.dc_table > 3 || component.ac_table > 3 || dc_[component.dc_table].symbols.empty() ||
        ac_[component.ac_table].symbols.empty()) {
      refuse("a table of codes is missing");
    }
  }
}

JpegRow JpegStrips::begin() const noexcept {
  JpegRow row;
  row.at = static_cast<std::int64_t>(data_);
  row.until_restart = static_cast<std::int64_t>(interval_);
  return row;
}

std::vector<std::uint8_t> JpegStrips::header_of(std::size_t height) const {
  std::vector<std::uint8_t> out = {0xFF, 0xD8};
  const auto append = [&out](std::span<const std::uint8_t> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  for (const auto& segment : kept_) append(segment);
  const std::size_t at = out.size();
  append(frame_);
  out[at + 5] = static_cast<std::uint8_t>(height >> 8);
  out[at + 6] = static_cast<std::uint8_t>(height & 0xFF);
  for (std::uint8_t number = 0; number < 4; ++number) {
    if (!dc_[number].symbols.empty()) {
      out.insert(out.end(), {0xFF, kTables, 0, 2 + 17 + 12, number});
      append(kDcLengths);
      for (std::uint8_t category = 0; category < 12; ++category) out.push_back(category);
    }
    if (ac_[number].symbols.empty()) continue;
    std::array<std::uint8_t, 16> lengths{};
    std::vector<std::uint8_t> values;
    for (std::size_t code = 0; code < (std::size_t{1} << kLongest);) {
      const std::uint16_t symbol = ac_[number].symbols[code];
      if (symbol == 0) break;
      ++lengths[(symbol >> 8) - 1U];
      values.push_back(static_cast<std::uint8_t>(symbol & 0xFF));
      code += std::size_t{1} << (kLongest - (symbol >> 8));
    }
    const std::size_t length = 2 + 17 + values.size();
    out.insert(out.end(), {0xFF, kTables, static_cast<std::uint8_t>(length >> 8),
                           static_cast<std::uint8_t>(length & 0xFF), static_cast<std::uint8_t>(16 | number)});
    append(lengths);
    append(values);
  }
  append(scan_);
  return out;
}

std::vector<std::uint8_t> JpegStrips::cut(const JpegRow& start, std::size_t first, std::size_t count,
                                          std::vector<JpegRow>& following) const {
  if (count == 0 || first >= rows() || count > rows() - first) refuse("there are no such rows");
  if (start.at < static_cast<std::int64_t>(data_) || start.at > static_cast<std::int64_t>(content_.size()) ||
      start.count < 0 || start.count > 64 || start.made_up < 0 || start.made_up > 64 || start.until_restart < 0 ||
      std::any_of(
          start.dc.begin(), start.dc.end(), [](std::int64_t dc) { return dc < -kFarthest || dc > kFarthest; })) {
    refuse("no row begins there");
  }
  const std::size_t top = first * row_height();
  std::vector<std::uint8_t> out = header_of(std::min(count * row_height(), height_ - top));
  Writer writer(out);
  Reader reader(content_, start);
  JpegRow row = start;
  std::array<std::int64_t, 3> written{};
  const std::size_t across = (width_ + 8 * max_h_ - 1) / (8 * max_h_);
  const auto next = [&reader](const Table& table) {
    std::uint16_t symbol = table.short_ones[reader.peek(kShort)];
    if (symbol == 0) symbol = table.symbols[reader.peek(kLongest)];
    if (symbol == 0) refuse("a code of its data is none of its table");
    return symbol;
  };
  for (std::size_t line = 0; line < count; ++line) {
    for (std::size_t mcu = 0; mcu < across; ++mcu) {
      if (interval_ != 0) {
        if (row.until_restart == 0) {
          if (!reader.restart()) refuse("a restart marker is missing");
          row.dc = {};
          row.until_restart = static_cast<std::int64_t>(interval_);
        }
        --row.until_restart;
      }
      for (std::size_t k = 0; k < components_.size(); ++k) {
        const Component& component = components_[k];
        for (int block = 0; block < component.h * component.v; ++block) {
          reader.fill();
          const std::uint16_t symbol = next(dc_[component.dc_table]);
          const int category = symbol & 0xFF;
          if (category > 11) refuse("a coefficient is out of range");
          reader.skip(symbol >> 8);
          if (category > 0) {
            const std::int64_t value = reader.peek(category);
            reader.skip(category);
            row.dc[k] += value >> (category - 1) != 0 ? value : value - (std::int64_t{1} << category) + 1;
          }
          put_difference(writer, row.dc[k] - written[k]);
          written[k] = row.dc[k];
          for (int place = 1; place < 64;) {
            reader.fill();
            const std::uint16_t run = next(ac_[component.ac_table]);
            const int length = (run >> 8) + (run & 15);
            writer.put(reader.peek(length), length);
            reader.skip(length);
            if ((run & 15) != 0) {
              place += (run >> 4 & 15) + 1;
              if (place > 64) refuse("a block has too many coefficients");
            } else if ((run >> 4 & 15) == 15) {
              place += 16;
            } else {
              break;
            }
          }
        }
      }
      if (reader.is_spent()) refuse("its data end early");
    }
    reader.save(row);
    following.push_back(row);
  }
  if (first + count == rows()) reader.expect_end();
  writer.finish();
  out.insert(out.end(), {0xFF, 0xD9});
  return out;
}

}  // namespace shipedge
