#include "shipedge/mask_files.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

#include "shipedge/png.hpp"
#include "side_by_side.hpp"

namespace shipedge {
namespace {

constexpr std::size_t kTogether = 16;  // files that a thread takes at a time

#ifdef _WIN32
/// A folder into which files are written.
class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  /// 0, or the error number; no part of a file is left then.
  [[nodiscard]] int write(const std::string& name, const ByteBuffer& data) const {
    const std::string path = path_ + "/" + name;
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return errno;
    bool is_whole = std::fwrite(data.data(), 1, data.size(), file) == data.size();
    is_whole = std::fclose(file) == 0 && is_whole;
    const int trouble = is_whole ? 0 : errno != 0 ? errno : EIO;
    if (trouble != 0) std::remove(path.c_str());
    return trouble;
  }

 private:
  std::string path_;
};
#else
/// A folder into which files are written.
class Folder {
 public:
  explicit Folder(const std::string& path) : handle_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (handle_ < 0) throw FileError(errno, path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { close(handle_); }

  /// 0, or the error number; no part of a file is left then.
  [[nodiscard]] int write(const std::string& name, const ByteBuffer& data) const {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;  // O_EXCL: no link is followed
    int file = openat(handle_, name.c_str(), kNew, 0666);
    if (file < 0 && errno == EEXIST && unlinkat(handle_, name.c_str(), 0) == 0) {
      file = openat(handle_, name.c_str(), kNew, 0666);
    }
    if (file < 0) return errno;
    int trouble = 0;
    for (std::size_t written = 0; written < data.size() && trouble == 0;) {
      const ssize_t count = ::write(file, data.data() + written, data.size() - written);
      if (count > 0) written += static_cast<std::size_t>(count);
      if (count < 0 && errno != EINTR) trouble = errno;
      if (count == 0) trouble = ENOSPC;
    }
    if (close(file) != 0 && trouble == 0 && errno != EINTR) trouble = errno;
    if (trouble != 0) unlinkat(handle_, name.c_str(), 0);
    return trouble;
  }

 private:
  int handle_;
};
#endif

/// What one thread needs, and what it did.
struct Worker {
  RunBuffer runs;
  Buffer<std::size_t> ends;
  ByteBuffer png;
  WrittenMasks done;
};

void make_png(const CsvIndex& index, const MaskFile& file, MaskKind kind, Overlap rule, Worker& own) {
  own.runs.clear();
  own.ends.clear();
  own.png.clear();
  index.parse(file.image, file.shape, own.runs, own.ends);
  const ShipRuns ships{{own.runs.data(), own.runs.size()}, {own.ends.data(), own.ends.size()}};
  if (kind == MaskKind::kLabels) {
    png_of_labels(ships, file.shape, rule, own.png);
  } else {
    png_of_mask(ships, file.shape, kind == MaskKind::kOneBit, own.png);
  }
}

}  // namespace

WrittenMasks write_masks(const CsvIndex& index, std::span<const MaskFile> files, const std::string& folder,
                         MaskKind kind, Overlap rule, std::size_t threads) {
  const Folder out(folder);
  std::vector<Worker> workers(std::clamp<std::size_t>(threads, 1, files.size() / kTogether + 1));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  side_by_side(workers.size(), [&](std::size_t number) {
    Worker& own = workers[number];
    while (!stop) {
      const std::size_t begin = next.fetch_add(kTogether);
      if (begin >= files.size()) return;
      for (std::size_t i = begin; i < std::min(begin + kTogether, files.size()); ++i) {
        try {
          make_png(index, files[i], kind, rule, own);
        } catch (const ShipError& error) {
          own.done.refused.push_back({i, index.line(error.image(), error.ship()), error.what()});
          continue;
        } catch (const FormatError& error) {
          own.done.refused.push_back({i, 0, error.what()});
          continue;
        }
        if (const int trouble = out.write(files[i].name, own.png); trouble != 0) {
          stop = true;
          throw FileError(trouble, folder + "/" + files[i].name);
        }
        ++own.done.files;
        own.done.ships += own.ends.size();
      }
    }
  });
  WrittenMasks all;
  for (Worker& worker : workers) {
    all.files += worker.done.files;
    all.ships += worker.done.ships;
    std::ranges::move(worker.done.refused, std::back_inserter(all.refused));
  }
  std::ranges::sort(all.refused, {}, &RefusedMask::file);
  return all;
}

}  // namespace shipedge
