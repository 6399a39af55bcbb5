#include "shipedge/batch.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shipedge/error.hpp"
#include "shipedge/mask.hpp"
#include "shipedge/text.hpp"
#include "side_by_side.hpp"

namespace shipedge {

static constexpr std::size_t kWorthThreads = std::size_t{512}
                                             << 10;  // bytes of text; less is read while a thread starts

void parse_texts(std::span<const std::string_view> texts, Shape shape, std::string_view name, RunBuffer& runs,
                 Buffer<std::size_t>& ends) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    try {
      parse_airbus(texts[i], shape, runs);
    } catch (const FormatError& error) {
      throw FormatError(std::string(name) + "[" + std::to_string(i) + "]: " + error.what());
    }
    ends.push(runs.size());
  }
}

BatchPainter::BatchPainter(Shape shape, std::size_t images, std::uint8_t* out, unsigned threads)
    : shape_(shape), out_(out) {
  const std::size_t count = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(images, 1));
  parts_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    parts_[i].first = images * i / count;
    parts_[i].last = images * (i + 1) / count;
  }
}

void BatchPainter::paint(const ImageRows& rows) {
  std::size_t bytes = 0;
  for (const std::string_view text : rows.texts) bytes += text.size();
  if (bytes < kWorthThreads) {
    for (Part& part : parts_) read(part, rows);
  } else {
    side_by_side(parts_.size(), [&](std::size_t i) { read(parts_[i], rows); });
  }
  const bool known = std::exchange(known_, false);  // until all is drawn
  side_by_side(parts_.size(), [&](std::size_t i) { draw(parts_[i], rows, known); });
  known_ = true;
}

void BatchPainter::read(Part& part, const ImageRows& rows) const {
  part.runs.clear();
  part.text_ends.clear();
  std::size_t text = part.first == 0 ? 0 : rows.ends[part.first - 1];
  for (std::size_t image = part.first; image < part.last; ++image) {
    const std::size_t end = rows.ends[image];
    try {
      parse_texts(rows.texts.subspan(text, end - text), shape_, "", part.runs, part.text_ends);
    } catch (const FormatError& error) {
      throw FormatError("rows[" + std::to_string(image) + "]" + error.what());
    }
    text = end;
  }
}

void BatchPainter::draw(Part& part, const ImageRows& rows, bool known) const {
  const std::size_t pixels = shape_.pixels();
  // One fill for all: a large one goes past the caches, so that nothing is fetched only to be overwritten.
  if (!known) clear(out_ + part.first * pixels, pixels * (part.last - part.first));
  const Run* run = part.runs.begin();
  const std::size_t* end = part.text_ends.begin();
  part.ends.clear();
  const Run* old_run = part.painted.begin();
  const std::size_t* old_end = part.painted_ends.begin();
  std::size_t text = part.first == 0 ? 0 : rows.ends[part.first - 1];
  for (std::size_t image = part.first; image < part.last; ++image) {
    std::uint8_t* const mask = out_ + image * pixels;
    if (known) {
      const Run* const last = part.painted.begin() + *old_end++;
      erase({old_run, last}, shape_, mask);
      old_run = last;
    }
    for (; text < rows.ends[image]; ++text) {  // each by itself: the runs of two texts may overlap
      const Run* const last = part.runs.begin() + *end++;
      shipedge::paint({run, last}, shape_, mask);
      run = last;
    }
    part.ends.push(static_cast<std::size_t>(run - part.runs.begin()));
  }
  std::swap(part.runs, part.painted);
  std::swap(part.ends, part.painted_ends);
}

}  // namespace shipedge
