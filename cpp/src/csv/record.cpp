#include <algorithm>
#include <cstring>
#include <optional>

#include "scan.hpp"

namespace shipedge::csv {
namespace {

constexpr unsigned char byte(char c) noexcept { return static_cast<unsigned char>(c); }

/// Length of the UTF-8 character at `at`; 0 where it is none (RFC 3629: no overlong form, no surrogate).
std::size_t utf8_length(const char* at, const char* end) noexcept {
  const unsigned char first = byte(*at);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || static_cast<std::size_t>(end - at) < length) return 0;
  const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(at[1]) < lowest || byte(at[1]) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(at[i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

/// White space of str.strip() at the beginning of a text: its length in bytes, 0 where there is none.
std::size_t space_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const unsigned char c = byte(text[0]);
  if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f)) return 1;
  constexpr std::string_view kWide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
                                        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
                                        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
                                        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  if (c < 0xc2) return 0;
  for (const std::string_view wide : kWide) {
    if (text.starts_with(wide)) return wide.size();
  }
  return 0;
}

}  // namespace

Record read_record(const char* data, std::uint32_t begin, std::uint32_t end, std::vector<Field>* all) {
  Record record;
  std::uint32_t at = begin;
  const auto line_ends = [&] { return at == end || data[at] == '\n' || data[at] == '\r'; };
  const auto broken = [&](Broken kind, std::uint32_t where) {
    record.broken = kind;
    record.last = where;
    record.next = end;
    return record;
  };
  while (record.fields != 0 || !line_ends()) {
    Field field{{at, 0}, false};
    if (at != end && data[at] == '"') {
      field.span.offset = ++at;
      for (;; ++at) {
        const void* const quote = at == end ? nullptr : std::memchr(data + at, '"', end - at);
        if (quote == nullptr) return broken(Broken::kEnd, end - 1);
        at = static_cast<std::uint32_t>(static_cast<const char*>(quote) - data) + 1;
        if (at == end || data[at] != '"') break;
        field.doubled = true;
      }
      field.span.size = at - 1 - field.span.offset;
      if (!line_ends() && data[at] != ',') return broken(Broken::kQuote, at);
    } else {
      while (!line_ends() && data[at] != ',') ++at;
      field.span.size = at - field.span.offset;
    }
    if (record.fields == 0) record.name = field;
    if (record.fields == 1) record.text = field;
    if (all != nullptr) all->push_back(field);
    ++record.fields;
    if (line_ends()) break;
    ++at;  // the comma; behind one at the end of a line stands an empty field
  }
  record.last = at;
  record.next = at;
  if (at == end) return record;
  if (data[at] == '\r' && at + 1 == end) {
    record.next = end;  // perhaps a line feed follows
  } else {
    record.next = at + (data[at] == '\r' && data[at + 1] == '\n' ? 2 : 1);
    record.terminated = true;
  }
  return record;
}

std::string without_quotes(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    text += field[i];
    if (field[i] == '"') ++i;
  }
  return text;
}

CsvSpan stripped(const char* text, CsvSpan span) noexcept {
  std::string_view rest(text, span.size);
  while (const std::size_t length = space_length(rest)) rest.remove_prefix(length);
  for (bool found = true; found;) {
    found = false;
    for (std::size_t length = 1; length <= 3 && length <= rest.size() && !found; ++length) {
      found = space_length(rest.substr(rest.size() - length)) == length;
      if (found) rest.remove_suffix(length);
    }
  }
  return {span.offset + static_cast<std::uint32_t>(rest.data() - text), static_cast<std::uint32_t>(rest.size())};
}

std::size_t find_non_utf8(const char* data, std::size_t size) noexcept {
  const char* const end = data + size;
  for (const char* at = data; at != end;) {
    std::uint64_t word = 0;
    if (end - at >= 8) std::memcpy(&word, at, sizeof word);
    if (end - at >= 8 && (word & 0x8080808080808080ULL) == 0) {
      at += 8;
      continue;
    }
    const std::size_t length = utf8_length(at, end);
    if (length == 0) return static_cast<std::size_t>(at - data);
    at += length;
  }
  return size;
}

}  // namespace shipedge::csv
