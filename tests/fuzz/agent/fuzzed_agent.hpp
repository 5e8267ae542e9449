// An agent on an array of bytes, for fuzz targets. Checks what storage may be asked for.
#pragma once

#include <cstdlib>
#include <cstring>
#include <vector>

#include "agent/core/agent.hpp"

namespace aftercare::fuzz {

class FuzzedAgent {
  public:
    FuzzedAgent(std::uint32_t sector_bytes, std::uint32_t sector_count)
        : bytes(std::size_t{sector_bytes} * sector_count, std::byte{0xFF}),
          sector_bytes_(sector_bytes),
          sector_count_(sector_count) {
        options.tenant = "acme";
        options.device_id = "wm-0001";
        options.model = "WM-7";
        options.firmware = "2.13.0";
        memory_.resize(agent::Agent::memory_bytes(options) / sizeof(std::max_align_t) + 1);
    }
    ~FuzzedAgent() { agent::Agent::close(agent_); }
    FuzzedAgent(const FuzzedAgent&) = delete;
    FuzzedAgent& operator=(const FuzzedAgent&) = delete;

    bool boot() {
        agent::Agent::close(agent_);
        agent_ = nullptr;
        auto opened =
            agent::Agent::open(options, ports(), std::as_writable_bytes(std::span{memory_}));
        if (!opened) return false;
        agent_ = *opened;
        return true;
    }
    agent::Agent* operator->() { return agent_; }

    agent::Options options;
    std::vector<std::byte> bytes;
    std::uint64_t now_ms = 1'000;
    bool online = false;
    std::uint64_t published = 0;

  private:
    static FuzzedAgent& self(void* context) { return *static_cast<FuzzedAgent*>(context); }
    std::byte* at(std::uint32_t sector, std::uint32_t offset, std::size_t size) {
        if (sector >= sector_count_ || offset + size > sector_bytes_) std::abort();
        return bytes.data() + std::size_t{sector} * sector_bytes_ + offset;
    }
    agent::Ports ports() {
        agent::Ports p;
        const auto now = [](void* c) { return self(c).now_ms; };
        p.clock = {this, now, now, [](void*) { return agent::WallReading{}; }};
        p.storage.context = this;
        p.storage.sector_bytes = sector_bytes_;
        p.storage.sector_count = sector_count_;
        p.storage.read = [](void* c, std::uint32_t sector, std::uint32_t offset,
                            std::span<std::byte> into) {
            std::memcpy(into.data(), self(c).at(sector, offset, into.size()), into.size());
            return true;
        };
        p.storage.program = [](void* c, std::uint32_t sector, std::uint32_t offset,
                               std::span<const std::byte> data) {
            std::byte* to = self(c).at(sector, offset, data.size());
            for (std::size_t i = 0; i < data.size(); ++i) {
                if (to[i] != std::byte{0xFF}) std::abort();  // programmed twice between erases
                to[i] = data[i];
            }
            return true;
        };
        p.storage.erase = [](void* c, std::uint32_t sector) {
            std::memset(self(c).at(sector, 0, self(c).sector_bytes_), 0xFF, self(c).sector_bytes_);
            return true;
        };
        p.storage.sync = [](void*) { return true; };
        p.transport.context = this;
        p.transport.connect = [](void*, std::string_view, std::span<const std::byte>) {};
        p.transport.disconnect = [](void*) {};
        p.transport.publish = [](void* c, std::string_view, std::span<const std::byte>, bool) {
            ++self(c).published;
            return self(c).online;
        };
        p.entropy.random64 = [](void*) -> std::uint64_t { return 0x0123456789ABCDEF; };
        return p;
    }

    std::uint32_t sector_bytes_;
    std::uint32_t sector_count_;
    std::vector<std::max_align_t> memory_;
    agent::Agent* agent_ = nullptr;
};

}  // namespace aftercare::fuzz
