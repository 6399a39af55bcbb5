#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shipedge {

/// Where a row of MCUs (minimum coded units) begins in the entropy-coded data of a JPEG.
struct JpegRow {
  std::int64_t at = 0;               // byte that is to be read next
  std::uint64_t bits = 0;            // those that were read and not used, the first one on top
  std::int64_t count = 0;            // how many they are
  std::int64_t made_up = 0;          // how many of them stand for data behind a marker
  std::int64_t until_restart = 0;    // MCUs
  std::array<std::int64_t, 3> dc{};  // last DC coefficient of each component
};

/// Cuts rows of MCUs out of a sequential JPEG of one scan (ITU-T T.81 annex F) without decoding pixels. DC coefficients
/// are differences to the block before, so they are coded anew, with the typical table of annex K; all else is copied.
class JpegStrips {
 public:
  /// Reads the header; throws FormatError where the file is of another kind: progressive, arithmetic, several scans,
  /// other than 8 bits, or neither grey nor three colors.
  explicit JpegStrips(std::span<const std::uint8_t> content);

  std::size_t height() const noexcept { return height_; }
  std::size_t width() const noexcept { return width_; }
  /// Pixels from one row of MCUs to the next.
  std::size_t row_height() const noexcept { return 8 * max_v_; }
  std::size_t rows() const noexcept { return (height_ + row_height() - 1) / row_height(); }

  /// The first row of MCUs.
  JpegRow begin() const noexcept;

  /// A JPEG of `count` rows of MCUs, the first of them number `first`, which begins at `start`; and where each of the
  /// following `count` rows begins. Throws FormatError where the data are damaged or end early.
  std::vector<std::uint8_t> cut(const JpegRow& start, std::size_t first, std::size_t count,
                                std::vector<JpegRow>& following) const;

 private:
  struct Component {
    std::uint8_t id, h, v, dc_table, ac_table;
  };
  struct Table {                                   // of Huffman codes
    std::vector<std::uint16_t> symbols;            // by the next 16 bits: length << 8 | symbol; 0: no code
    std::array<std::uint16_t, 1024> short_ones{};  // by the next 10
  };

  void read_frame(std::span<const std::uint8_t> segment);
  void read_tables(std::span<const std::uint8_t> segment);
  void read_scan(std::span<const std::uint8_t> segment);
  std::vector<std::uint8_t> header_of(std::size_t height) const;

  std::span<const std::uint8_t> content_;
  std::vector<std::span<const std::uint8_t>> kept_;  // segments that every strip has, markers included
  std::span<const std::uint8_t> frame_, scan_;
  std::size_t height_ = 0, width_ = 0, max_h_ = 1, max_v_ = 1, interval_ = 0, data_ = 0;
  std::vector<Component> components_;
  std::array<Table, 4> dc_{}, ac_{};
};

}  // namespace shipedge
