// Whatever a local program writes into the feed: one JSON answer a line.
#include "agent/io/feed.hpp"
#include "tests/fuzz/agent/fuzzed_agent.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aftercare;
    static fuzz::FuzzedAgent device{1024, 8};
    static const bool booted = device.boot();
    if (!booted) std::abort();
    static agent::Feed feed{*device.operator->(), 0};
    const std::string answer = feed.line({reinterpret_cast<const char*>(data), size});
    if (!answer.starts_with("{\"ok\":") || answer.find('\n') != std::string::npos) std::abort();
    device.now_ms += 1'000;
    feed.tick(device.now_ms);
    return 0;
}
