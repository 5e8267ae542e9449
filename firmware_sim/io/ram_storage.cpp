#include "firmware_sim/io/ram_storage.hpp"

#include <algorithm>

namespace aftercare::sim {
namespace {

constexpr std::byte kErased{0xFF};

}  // namespace

RamStorage::RamStorage(std::uint32_t sector_bytes, std::uint32_t sector_count)
    : sector_bytes_(sector_bytes),
      sector_count_(sector_count),
      bytes_(std::size_t{sector_bytes} * sector_count, kErased) {}

std::byte* RamStorage::at(std::uint32_t sector, std::uint32_t offset, std::size_t size) {
    AFTERCARE_ASSERT(sector < sector_count_ && offset <= sector_bytes_ &&
                     size <= sector_bytes_ - offset);
    return bytes_.data() + std::size_t{sector} * sector_bytes_ + offset;
}

agent::StoragePort RamStorage::port() {
    agent::StoragePort port;
    port.context = this;
    port.sector_bytes = sector_bytes_;
    port.sector_count = sector_count_;
    port.read = [](void* self, std::uint32_t sector, std::uint32_t offset,
                   std::span<std::byte> into) {
        const std::byte* from = static_cast<RamStorage*>(self)->at(sector, offset, into.size());
        std::copy_n(from, into.size(), into.begin());
        return true;
    };
    port.program = [](void* self, std::uint32_t sector, std::uint32_t offset,
                      std::span<const std::byte> bytes) {
        std::byte* into = static_cast<RamStorage*>(self)->at(sector, offset, bytes.size());
        std::copy(bytes.begin(), bytes.end(), into);
        return true;
    };
    port.erase = [](void* self, std::uint32_t sector) {
        auto& storage = *static_cast<RamStorage*>(self);
        std::fill_n(storage.at(sector, 0, storage.sector_bytes_), storage.sector_bytes_, kErased);
        return true;
    };
    port.sync = [](void*) { return true; };
    return port;
}

}  // namespace aftercare::sim
