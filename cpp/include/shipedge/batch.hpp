#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "shipedge/buffer.hpp"
#include "shipedge/rle.hpp"

namespace shipedge {

/// The Airbus texts of many images: those of image i are texts[ends[i - 1]] .. texts[ends[i] - 1].
struct ImageRows {
  std::span<const std::string_view> texts;
  std::span<const std::size_t> ends;
};

/// Masks of one shape, one behind the other in the caller's memory, painted again and again: only what the last batch
/// left is erased, which for ships is a hundredth of the pixels.
class BatchPainter {
 public:
  /// `out` holds `images` masks and belongs to the painter from its first paint() on. The images are shared out among
  /// `threads`.
  BatchPainter(Shape shape, std::size_t images, std::uint8_t* out, unsigned threads);

  /// Paints the union of each image's texts. All are read before the first pixel changes: FormatError, which begins
  /// with "rows[image][text]", leaves the masks as they were.
  void paint(const ImageRows& rows);

 private:
  /// The images of one thread.
  struct Part {
    std::size_t first;
    std::size_t last;
    RunBuffer runs;
    Buffer<std::size_t> text_ends;  // where the runs of each text end
    Buffer<std::size_t> ends;       // where those of each image do
    RunBuffer painted;              // the same of the last batch
    Buffer<std::size_t> painted_ends;
  };

  void read(Part& part, const ImageRows& rows) const;
  void draw(Part& part, const ImageRows& rows, bool known) const;

  Shape shape_;
  std::uint8_t* out_;
  std::vector<Part> parts_;
  bool known_ = false;  // whether the masks hold what `painted` says and nothing else
};

/// Appends the runs of each text, and to `ends` where they end; FormatError begins with "name[text]".
void parse_texts(std::span<const std::string_view> texts, Shape shape, std::string_view name, RunBuffer& runs,
                 Buffer<std::size_t>& ends);

}  // namespace shipedge
