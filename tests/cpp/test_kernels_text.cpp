#include <doctest.h>

#include <algorithm>
#include <string>

#include "reference.hpp"
#include "shipedge/kernels.hpp"

using namespace reference;
using shipedge::simd::Kernels;
using shipedge::simd::TextCursor;

namespace {

struct Reading {
  std::vector<Run> runs;
  std::size_t consumed;
  std::uint64_t next;
};

Reading read(const Kernels& kernels, std::string_view text, std::uint64_t next, std::uint64_t limit) {
  const std::vector<char> exact(text.begin(), text.end());
  std::vector<Run> runs(text.size() / 4 + 1);
  TextCursor cursor{exact.data(), exact.data() + exact.size(), next, limit};
  runs.resize(kernels.read_runs(cursor, runs.data()));
  return {runs, static_cast<std::size_t>(cursor.at - exact.data()), cursor.next};
}

/// What parse_airbus makes of a text from any of the kernels' stopping points is the same, if each of them is right
/// about the runs it took.
void check_reading(std::string_view text, std::uint64_t limit) {
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    CAPTURE(kernels->name);
    CAPTURE(text);
    const Reading got = read(*kernels, text, 1, limit);
    REQUIRE(got.consumed <= text.size());
    std::string written = reference::text(got.runs);
    std::uint64_t next = 1;
    for (const Run& run : got.runs) {
      REQUIRE(run.start + std::uint64_t{1} >= next);
      REQUIRE(run.length != 0);
      next = std::uint64_t{run.start} + run.length + 1;
      REQUIRE(next <= limit);
    }
    CHECK(got.next == next);
    // The part it took, written again, is that part but for leading zeros and the space behind.
    std::string taken;
    for (std::size_t i = 0; i < got.consumed; ++i) {
      const bool starts = i == 0 || text[i - 1] == ' ';
      if (starts && text[i] == '0' && i + 1 < got.consumed && text[i + 1] != ' ') {
        while (i + 1 < got.consumed && text[i] == '0' && text[i + 1] != ' ') ++i;
      }
      taken += text[i];
    }
    if (!taken.empty() && taken.back() == ' ') taken.pop_back();
    CHECK(taken == written);
  }
}

}  // namespace

TEST_CASE("every kernel reads plain runs, and stops where they are not plain") {
  std::mt19937 random(5);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  check_reading("", 100);
  check_reading("1 1", 2);
  check_reading("0 1 5 2", 100);
  for (const char* text :
       {"1 3 5 2  9 1", " 1 3 5 2", "1 3 5 2 ", "1 3 4 2 8 1", "1 3 5 0 9 1 12 1 20 1 30 1 40 1 50 1",
        "12345678 1 22345678 1 32345678 1 42345678 1", "1\t2 3 4", "1 2 3 4x", "1 2 -3 4"}) {
    check_reading(text, 589825);
    check_reading(text, 10);
    check_reading(text, std::uint64_t{1} << 32);
  }
  for (int round = 0; round < 3000; ++round) {
    // Mostly sound texts of any number of runs and digits, with one thing or another wrong in some of them.
    std::string text;
    std::uint64_t at = 1;
    const int gap = round % 3 == 0 ? 3 : round % 3 == 1 ? 3000 : 3000000;
    for (int run = pick(0, 90); run > 0; --run) {
      at += static_cast<std::uint64_t>(pick(1, gap));
      const auto length = static_cast<std::uint64_t>(pick(1, gap));
      if (!text.empty()) text += pick(0, 300) == 0 ? "  " : " ";
      if (pick(0, 300) == 0) text += "000";
      text += std::to_string(at) + " " + std::to_string(length);
      at += length;
    }
    if (round % 4 == 0 && !text.empty()) {
      text[static_cast<std::size_t>(pick(0, static_cast<int>(text.size()) - 1))] = static_cast<char>(pick(0, 255));
    }
    const std::uint64_t limit = std::min<std::uint64_t>(round % 5 == 0 ? at / 2 + 1 : at, 0xffffffffU);
    check_reading(text, limit);
  }
}

TEST_CASE("every kernel takes the same plain text whole") {
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    std::string text;
    for (std::uint32_t run = 0; run < 5000; ++run) {
      text += (run == 0 ? "" : " ") + std::to_string(run * 117 + 1) + " " + std::to_string(run % 100 + 1);
      if (run % 101 != 0) continue;
      const Reading got = read(*kernels, text, 1, 589825);
      CAPTURE(kernels->name);
      CHECK(got.runs.size() + 1 >= run);  // the plain one leaves the end of the text to the caller
    }
  }
}

TEST_CASE("every kernel writes runs as they are read") {
  std::mt19937 random(6);
  for (const Kernels* kernels : shipedge::simd::tiers()) {
    for (const std::uint32_t top : {9U, 1000U, 9999998U, 10000001U, 4294967293U}) {
      std::uniform_int_distribution<std::uint32_t> number(0, top);
      for (std::size_t count = 1; count < 40; ++count) {
        std::vector<Run> runs(count);
        for (Run& run : runs) run = {number(random), number(random) + 1};
        std::vector<char> out(count * 22 + 64, '?');
        char* const end = kernels->write_runs(runs, out.data());
        CHECK(std::string(out.data(), end) == reference::text(runs) + " ");
      }
    }
    for (std::uint32_t value = 1; value < 10000000; value += 97) {  // also every power of ten and its neighbours
      const Run run{value - 1, value};
      char out[128];
      const std::string text = std::to_string(value);
      REQUIRE(std::string(out, kernels->write_runs({&run, 1}, out)) == text + " " + text + " ");
    }
  }
}
