// Runs a fuzz target where libFuzzer is not: replays every file of the corpus, then seeded
// mutations of them for some seconds. An input that aborts the target is written to
// `fuzz-crash-SEED`.
//     fuzz_NAME CORPUS_DIR [SECONDS [SEED]]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/rng.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using Input = std::vector<std::uint8_t>;
constexpr std::size_t kInputBytesMax = 8 * 1024;

const Input* current = nullptr;
char crash_file[64];

// Only what a signal handler may do: the input is written as it lies in memory.
void on_crash(int signal) {
    const int file = ::open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0 && current != nullptr) {
        const ssize_t written = ::write(file, current->data(), current->size());
        static_cast<void>(written);
        ::close(file);
    }
    std::signal(signal, SIG_DFL);
    ::raise(signal);
}

void run(const Input& input) {
    current = &input;
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::vector<Input> read_corpus(const char* folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Input> corpus;
    for (const auto& path : paths) {
        std::ifstream in{path, std::ios::binary};
        corpus.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    }
    return corpus;
}

void mutate_once(Input& input, const std::vector<Input>& corpus, aftercare::Rng& rng) {
    constexpr std::uint8_t kTelling[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, '"', '{', '}', '-'};
    const auto at = [&] { return static_cast<std::ptrdiff_t>(rng.below(input.size() + 1)); };
    if (input.empty()) input.push_back(0);
    const auto spot = static_cast<std::size_t>(rng.below(input.size()));
    switch (rng.below(6)) {
        case 0:
            input[spot] = static_cast<std::uint8_t>(input[spot] ^ (1U << rng.below(8)));
            break;
        case 1:
            input[spot] = kTelling[rng.below(std::size(kTelling))];
            break;
        case 2:
            input[spot] = static_cast<std::uint8_t>(rng.next());
            break;
        case 3:
            input.insert(input.begin() + at(), static_cast<std::uint8_t>(rng.next()));
            break;
        case 4: {
            const auto first = at();
            const auto last =
                std::min<std::ptrdiff_t>(first + static_cast<std::ptrdiff_t>(rng.below(16)),
                                         static_cast<std::ptrdiff_t>(input.size()));
            input.erase(input.begin() + first, input.begin() + last);
            break;
        }
        default: {
            // A stretch of another one, written over or put in between.
            const Input& other = corpus[rng.below(corpus.size())];
            const auto from = static_cast<std::ptrdiff_t>(rng.below(other.size() + 1));
            const auto count =
                std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(rng.below(600)),
                                         static_cast<std::ptrdiff_t>(other.size()) - from);
            const auto to = at();
            if (rng.chance(.5)) {
                const auto room = std::min(count, static_cast<std::ptrdiff_t>(input.size()) - to);
                std::copy_n(other.begin() + from, room, input.begin() + to);
            } else {
                input.insert(input.begin() + to, other.begin() + from,
                             other.begin() + from + count);
            }
        }
    }
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s CORPUS_DIR [SECONDS [SEED]]\n", argv[0]);
        return 2;
    }
    const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
    const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
    std::snprintf(crash_file, sizeof crash_file, "fuzz-crash-%llu",
                  static_cast<unsigned long long>(seed));
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, on_crash);

    const std::vector<Input> corpus = read_corpus(argv[1]);
    if (corpus.empty()) {
        std::fprintf(stderr, "%s: no corpus; give the folder of this target's seeds\n", argv[1]);
        return 2;
    }
    for (const Input& input : corpus) run(input);
    aftercare::Rng rng{seed};
    std::uint64_t executions = corpus.size();
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (; std::chrono::steady_clock::now() < end; ++executions) {
        Input input = corpus[rng.below(corpus.size())];
        for (std::uint64_t n = 1 + rng.below(8); n > 0; --n) mutate_once(input, corpus, rng);
        run(input);
    }
    std::printf("%zu seeds, %llu executions, seed %llu\n", corpus.size(),
                static_cast<unsigned long long>(executions), static_cast<unsigned long long>(seed));
    return 0;
}
