#include <cstring>
#include <string>
#include <vector>

#include "../../cpp/src/csv/build.hpp"
#include "doctest.h"
#include "shipedge/csv_index.hpp"

using shipedge::CsvBuilder;
using shipedge::CsvFault;
using shipedge::CsvIndex;

namespace {

constexpr std::size_t kNever = ~std::size_t{0} / 2;

std::unique_ptr<CsvIndex> index_of(const std::string& file, std::size_t chunk, std::size_t worth_two) {
  CsvBuilder builder(file.size(), chunk, worth_two);
  REQUIRE(builder.read([&](char* to, std::size_t from, std::size_t count) {
    std::memcpy(to, file.data() + from, count);
    return true;
  }));
  return builder.build([](std::string_view name) { return name.find('/') == std::string_view::npos; });
}

std::vector<std::string> ships(const CsvIndex& index, std::string_view name) {
  std::vector<std::string> found;
  const std::size_t image = index.find(name);
  REQUIRE(image != index.size());
  for (std::size_t k = 0; k < index.ship_count(image); ++k) found.emplace_back(index.ship(image, k));
  return found;
}

/// What can be seen of an index, as one text.
std::string seen(const CsvIndex& index) {
  std::string all;
  for (std::size_t i = 0; i < index.size(); ++i) {
    CHECK(index.find(index.name(i)) == i);
    all += std::string(index.name(i)) + ":";
    for (std::size_t k = 0; k < index.ship_count(i); ++k) {
      all += std::string(index.ship(i, k)) + "@" + std::to_string(index.line(i, k)) + ";";
    }
    all += "\n";
  }
  for (const CsvFault& fault : index.faults()) {
    all += std::to_string(fault.kind) + "@" + std::to_string(index.line(fault)) + "\n";
  }
  return all + std::to_string(index.rows());
}

}  // namespace

TEST_CASE("rows of an image need not stand together") {
  const auto index = index_of("ImageId,EncodedPixels\na,1 2\nb,\na, 9 1 \nc,5 5\na,20 1", 64, kNever);
  CHECK(index->size() == 3);
  CHECK(index->rows() == 5);
  CHECK(ships(*index, "a") == std::vector<std::string>{"1 2", "9 1", "20 1"});
  CHECK(ships(*index, "b").empty());
  CHECK(ships(*index, "c") == std::vector<std::string>{"5 5"});
  CHECK(index->find("d") == index->size());
  CHECK(index->line(0, 1) == 4);
  CHECK(index->faults().empty());
}

TEST_CASE("stretches and chunks of any size see the same") {
  std::string file = "\xef\xbb\xbfImageId,EncodedPixels\r\n";
  for (int i = 0; i < 400; ++i) {
    const std::string name = "image" + std::to_string(i * 7 % 250) + ".jpg";
    switch (i % 9) {
      case 0:
        file += "\"" + name + "\",\"1 2\n3 4\"\n";
        break;
      case 1:
        file += name + ",\n";
        break;
      case 2:
        file += name + ",1 2\r";
        break;
      case 3:
        file += "\n" + name + ",\"5 \"\"6\"\r\n";
        break;
      case 4:
        file += name + ",1,2\n";
        break;
      case 5:
        file += "a/" + name + ",1 2\n";
        break;
      case 6:
        file += "(" + name + "),1 2\n";
        break;
      default:
        file += name + "," + std::string(static_cast<std::size_t>(i), '7') + "\r\n";
    }
  }
  const std::string expected = seen(*index_of(file, kNever, kNever));
  CHECK(expected.size() > 5000);
  for (std::size_t chunk = 61; chunk < 400; chunk += 7) {
    CHECK(seen(*index_of(file, chunk, kNever)) == expected);
    CHECK(seen(*index_of(file, chunk, 0)) == expected);
    const std::string shifted = file.substr(0, file.size() - chunk);  // other places in the middle
    CHECK(seen(*index_of(shifted, 64, 0)) == seen(*index_of(shifted, kNever, kNever)));
  }
}

TEST_CASE("a quote that spans the middle of the file is no border of rows") {
  const std::string inside = "\nq,1 1\nr,2 2\n";
  std::string quoted;
  for (int i = 0; i < 100; ++i) quoted += inside;
  const std::string file = "ImageId,EncodedPixels\na,\"" + quoted + "\"\nb,3 3\n";
  const auto index = index_of(file, 64, 0);
  CHECK(index->size() == 2);
  CHECK(ships(*index, "b") == std::vector<std::string>{"3 3"});
}

TEST_CASE("the header may stand in the second half of the file") {
  const std::string blank(300, '\n');
  CHECK(index_of(blank + "ImageId,EncodedPixels\na,1 2\n", 64, 0)->size() == 1);
  CHECK(index_of(blank + "a,1 2\nImageId,EncodedPixels\n", 64, 0)->faults()[0].kind == CsvFault::kHeader);
}

TEST_CASE("a file that ends before it should is said to") {
  CsvBuilder builder(100);
  CHECK_FALSE(builder.read([](char*, std::size_t, std::size_t) { return false; }));
}

TEST_CASE("what is wrong is found with its line, and its image is left out") {
  const auto fault = [](const std::string& rows) {
    const auto index = index_of("ImageId,EncodedPixels\n" + rows, 64, kNever);
    REQUIRE(index->faults().size() == 1);
    CHECK(index->size() == 0);
    return std::pair(index->faults()[0].kind, index->line(index->faults()[0]));
  };
  CHECK(fault("a\n") == std::pair(CsvFault::kFields, std::size_t{2}));
  CHECK(fault("\na/b,1 2\n") == std::pair(CsvFault::kName, std::size_t{3}));
  CHECK(fault("a,1 2\na,\n") == std::pair(CsvFault::kNoneAfterShip, std::size_t{3}));
  CHECK(fault("a,\n\r\na,1 2\n") == std::pair(CsvFault::kShipAfterNone, std::size_t{4}));
  CHECK(fault("\"a\"b,1 2\n") == std::pair(CsvFault::kBroken, std::size_t{2}));
  CHECK(fault("\"a,1 2\nb,\n") == std::pair(CsvFault::kUnclosed, std::size_t{3}));
  CHECK(index_of("", 64, kNever)->faults()[0].kind == CsvFault::kEmpty);
  CHECK(index_of("\n\r\n\n", 64, 0)->faults()[0].kind == CsvFault::kEmpty);
  CHECK(index_of("ImageId;EncodedPixels\n", 64, 0)->faults()[0].kind == CsvFault::kHeader);
}

TEST_CASE("only UTF-8 is text") {
  const auto kind = [](const std::string& name) {
    const auto index = index_of("ImageId,EncodedPixels\n" + name + ",1 2\n", 64, kNever);
    return index->faults().empty() ? std::string("fine") : std::to_string(index->faults()[0].kind);
  };
  for (const char* good : {"\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x9a\xa2", "\xf4\x8f\xbf\xbf"})
    CHECK(kind(good) == "fine");
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"}) {
    CHECK(kind(bad) == std::to_string(CsvFault::kUtf8));
  }
}
