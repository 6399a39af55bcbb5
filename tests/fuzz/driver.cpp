#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

/// A fuzzer for compilers without libFuzzer, guided by the coverage that gcc's -fsanitize-coverage=trace-pc reports. It
/// takes libFuzzer's -max_total_time, -seed and -max_len, then a folder for what it finds, then folders of seeds. The
/// same seed tries the same inputs; an input that crashes is written to the current folder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kEdges = std::size_t{1} << 16;
std::array<std::uint8_t, kEdges> hit;   // by this input
std::array<std::uint8_t, kEdges> seen;  // by any input before
std::uintptr_t last_place = 0;

const Bytes* running = nullptr;

void save_running() {
  if (running == nullptr) return;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : *running) hash = (hash ^ byte) * 0x100000001b3;
  char name[40];
  std::snprintf(name, sizeof name, "crash-%016llx", static_cast<unsigned long long>(hash));
  std::ofstream(name, std::ios::binary)
      .write(reinterpret_cast<const char*>(running->data()), static_cast<std::streamsize>(running->size()));
  std::fprintf(stderr, "input written to %s\n", name);
  running = nullptr;
}

/// Runs one input; true if it reached something new.
bool reaches_new(const Bytes& input) {
  hit.fill(0);
  last_place = 0;
  running = &input;
  LLVMFuzzerTestOneInput(input.data(), input.size());
  running = nullptr;
  bool is_new = false;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (std::size_t first = 0; first < kEdges; first += kWord) {
    std::uint64_t word;
    std::memcpy(&word, &hit[first], kWord);
    if (word == 0) continue;  // nearly all
    for (std::size_t i = first; i < first + kWord; ++i) {
      if (hit[i] <= seen[i]) continue;
      seen[i] = hit[i];
      is_new = true;
    }
  }
  return is_new;
}

class Mutator {
 public:
  Mutator(std::uint64_t seed, std::size_t longest) : random_(seed), longest_(longest) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  Bytes changed(const std::vector<Bytes>& corpus) {
    Bytes bytes = corpus[below(corpus.size())];
    for (std::size_t count = 1 + below(4) * below(4); count > 0; --count) change(bytes, corpus);
    if (bytes.size() > longest_) bytes.resize(longest_);
    return bytes;
  }

 private:
  void change(Bytes& bytes, const std::vector<Bytes>& corpus) {
    static constexpr std::string_view kWords[] = {
        "0", "1", " ", "9999999", "\n", ",", "4294967296", "  1", "\"", "2147483648", "\r", "18446744073709551616"};
    const std::size_t at = below(bytes.size() + 1);
    const std::size_t span = std::min(bytes.size() - at, std::size_t{1} + below(below(64) + 1));
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(8)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(random_());
        break;
      case 1:
        if (at < bytes.size()) bytes[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 2:
        if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(bytes[at] + below(5) - 2);
        break;
      case 3:
        bytes.insert(place, static_cast<std::uint8_t>(random_()));
        break;
      case 4:
        bytes.erase(place, place + static_cast<std::ptrdiff_t>(span));
        break;
      case 5: {  // say it again
        const Bytes part(place, place + static_cast<std::ptrdiff_t>(span));
        const std::size_t target = below(bytes.size() + 1);
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(target), part.begin(), part.end());
        break;
      }
      case 6: {
        const std::string_view word = kWords[below(std::size(kWords))];
        bytes.insert(place, word.begin(), word.end());
        break;
      }
      default: {  // go on like another one
        const Bytes& other = corpus[below(corpus.size())];
        bytes.resize(at);
        bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())), other.end());
      }
    }
  }

  std::mt19937_64 random_;
  std::size_t longest_;
};

std::vector<Bytes> read_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Bytes> inputs;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  std::uint8_t& count = hit[(place ^ (place >> 16) ^ (last_place << 1)) % kEdges];
  if (count < 4) ++count;  // once, twice and often are different ways to pass
  last_place = place;
}

int main(int argc, char** argv) {
  double seconds = 10;
  std::uint64_t seed = 1;
  std::size_t longest = 4096;
  std::vector<std::filesystem::path> folders;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t value = argument.find('=') + 1;
    if (argument.rfind("-max_total_time=", 0) == 0) {
      seconds = std::stod(argument.substr(value));
    } else if (argument.rfind("-seed=", 0) == 0) {
      seed = std::stoull(argument.substr(value));
    } else if (argument.rfind("-max_len=", 0) == 0) {
      longest = std::stoull(argument.substr(value));
    } else if (argument[0] != '-') {
      folders.emplace_back(argument);
    }
  }
  __sanitizer_set_death_callback(save_running);
  std::signal(SIGABRT, [](int) { save_running(); });

  std::vector<Bytes> corpus{{}};
  std::uint64_t executions = 0;
  for (const auto& folder : folders) {
    for (Bytes& input : read_folder(folder)) {
      ++executions;
      if (reaches_new(input)) corpus.push_back(std::move(input));
    }
  }
  Mutator mutator(seed, longest);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    Bytes input = mutator.changed(corpus);
    ++executions;
    if (!reaches_new(input)) continue;
    if (!folders.empty()) {
      std::ofstream(folders[0] / ("found-" + std::to_string(executions)), std::ios::binary)
          .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    }
    corpus.push_back(std::move(input));
  }
  std::fprintf(stderr, "Done %llu runs, %zu inputs kept\n", static_cast<unsigned long long>(executions), corpus.size());
  return 0;
}
