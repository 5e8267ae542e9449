#include "agent/io/memory_storage.hpp"

#include <algorithm>
#include <cstring>

namespace aftercare::agent {
namespace {
constexpr std::byte kBlank{0xFF};
}

MemoryStorage::MemoryStorage(std::uint32_t sector_bytes, std::uint32_t sector_count)
    : sector_bytes_(sector_bytes),
      sector_count_(sector_count),
      bytes_(std::size_t{sector_bytes} * sector_count, kBlank),
      erases_by_sector_(sector_count) {}

StoragePort MemoryStorage::port() {
    StoragePort port;
    port.context = this;
    port.sector_bytes = sector_bytes_;
    port.sector_count = sector_count_;
    port.read = [](void* c, std::uint32_t sector, std::uint32_t offset, std::span<std::byte> into) {
        return static_cast<MemoryStorage*>(c)->read(sector, offset, into);
    };
    port.program = [](void* c, std::uint32_t sector, std::uint32_t offset,
                      std::span<const std::byte> bytes) {
        return static_cast<MemoryStorage*>(c)->program(sector, offset, bytes);
    };
    port.erase = [](void* c, std::uint32_t sector) {
        return static_cast<MemoryStorage*>(c)->erase(sector);
    };
    port.sync = [](void* c) { return static_cast<MemoryStorage*>(c)->sync(); };
    return port;
}

void MemoryStorage::model_power_cuts(bool on) {
    models_cuts_ = on;
    unsynced_.clear();
}

bool MemoryStorage::read(std::uint32_t sector, std::uint32_t offset, std::span<std::byte> into) {
    if (cut_ || sector >= sector_count_ || offset + into.size() > sector_bytes_) return false;
    std::memcpy(into.data(), bytes_.data() + std::size_t{sector} * sector_bytes_ + offset,
                into.size());
    read_bytes_ += into.size();
    return true;
}

// False when the power fails during this write.
bool MemoryStorage::count_write() {
    ++writes_;
    if (writes_left_ == UINT64_MAX) return true;
    if (writes_left_ > 0) --writes_left_;
    if (writes_left_ == 0) cut_ = true;
    return !cut_;
}

void MemoryStorage::remember(std::size_t at, std::size_t size) {
    if (!models_cuts_ && writes_left_ == UINT64_MAX) return;
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at);
    unsynced_.push_back({at, {begin, begin + static_cast<std::ptrdiff_t>(size)}});
}

bool MemoryStorage::program(std::uint32_t sector, std::uint32_t offset,
                            std::span<const std::byte> bytes) {
    if (cut_ || sector >= sector_count_ || offset + bytes.size() > sector_bytes_) return false;
    if (failing_programs_ > 0) {
        --failing_programs_;
        return false;
    }
    const std::size_t at = std::size_t{sector} * sector_bytes_ + offset;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        AFTERCARE_ASSERT(bytes_[at + i] == kBlank);  // programmed twice between erases
    }
    remember(at, bytes.size());
    std::memcpy(bytes_.data() + at, bytes.data(), bytes.size());
    programmed_bytes_ += bytes.size();
    return count_write();
}

bool MemoryStorage::erase(std::uint32_t sector) {
    if (cut_ || sector >= sector_count_) return false;
    const std::size_t at = std::size_t{sector} * sector_bytes_;
    remember(at, sector_bytes_);
    std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), sector_bytes_, kBlank);
    ++erases_;
    ++erases_by_sector_[sector];
    return count_write();
}

bool MemoryStorage::sync() {
    if (cut_) return false;
    if (failing_syncs_ > 0) {
        --failing_syncs_;
        return false;
    }
    unsynced_.clear();
    ++syncs_;
    return true;
}

void MemoryStorage::cut_power(Rng& rng) {
    // Undone from the last to the first, so that overlapping writes come out right.
    while (!unsynced_.empty()) {
        const Write write = std::move(unsynced_.back());
        unsynced_.pop_back();
        const auto fate = rng.below(3);
        if (fate == 0) continue;
        const std::size_t kept = fate == 1 ? 0 : rng.below(write.before.size() + 1);
        std::copy(write.before.begin() + static_cast<std::ptrdiff_t>(kept), write.before.end(),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(write.at + kept));
    }
    cut_ = false;
    writes_left_ = UINT64_MAX;
}

void MemoryStorage::flip_bit(std::uint32_t sector, std::uint32_t offset, unsigned bit) {
    bytes_[std::size_t{sector} * sector_bytes_ + offset] ^= static_cast<std::byte>(1U << bit);
}

}  // namespace aftercare::agent
