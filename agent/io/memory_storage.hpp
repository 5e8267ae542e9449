// Flash in RAM that keeps what flash promises and no more: programming needs erased bytes, unsynced
// bytes may be lost, a power cut may tear a program or an erase at any byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/ports/ports.hpp"
#include "common/rng.hpp"

namespace aftercare::agent {

class MemoryStorage {
  public:
    MemoryStorage(std::uint32_t sector_bytes, std::uint32_t sector_count);
    MemoryStorage(const MemoryStorage&) = delete;
    MemoryStorage& operator=(const MemoryStorage&) = delete;

    /// Lifetime: the storage must outlive the port and keep its address.
    [[nodiscard]] StoragePort port();

    /// Keeps a log of what is not synced yet, so that cut_power() can lose it. Off by default: then
    /// every byte is durable at once, as on raw NOR flash.
    void model_power_cuts(bool on);
    /// The power fails after `writes` more program or erase calls, the last of which reaches only
    /// part of its bytes. From then on every call fails until cut_power().
    void cut_after(std::uint64_t writes) { writes_left_ = writes; }
    void cut_now() { cut_ = true; }
    [[nodiscard]] bool cut() const { return cut_; }
    /// What a power cut leaves: each unsynced write stays, goes, or is torn at a random byte.
    void cut_power(Rng& rng);

    void flip_bit(std::uint32_t sector, std::uint32_t offset, unsigned bit);
    /// The next `count` program calls fail without writing.
    void fail_programs(std::uint32_t count) { failing_programs_ = count; }
    void fail_syncs(std::uint32_t count) { failing_syncs_ = count; }

    [[nodiscard]] std::uint64_t programmed_bytes() const { return programmed_bytes_; }
    [[nodiscard]] std::uint64_t read_bytes() const { return read_bytes_; }
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
    [[nodiscard]] std::uint64_t erases() const { return erases_; }
    [[nodiscard]] std::uint64_t writes() const { return writes_; }
    [[nodiscard]] const std::vector<std::uint32_t>& erases_by_sector() const {
        return erases_by_sector_;
    }
    [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

  private:
    struct Write {
        std::size_t at = 0;
        std::vector<std::byte> before;
    };
    bool read(std::uint32_t sector, std::uint32_t offset, std::span<std::byte> into);
    bool program(std::uint32_t sector, std::uint32_t offset, std::span<const std::byte> bytes);
    bool erase(std::uint32_t sector);
    bool sync();
    bool count_write();
    void remember(std::size_t at, std::size_t size);

    std::uint32_t sector_bytes_;
    std::uint32_t sector_count_;
    std::vector<std::byte> bytes_;
    std::vector<std::uint32_t> erases_by_sector_;
    std::vector<Write> unsynced_;
    bool models_cuts_ = false;
    bool cut_ = false;
    std::uint64_t writes_left_ = UINT64_MAX;
    std::uint32_t failing_programs_ = 0;
    std::uint32_t failing_syncs_ = 0;
    std::uint64_t programmed_bytes_ = 0;
    std::uint64_t read_bytes_ = 0;
    std::uint64_t syncs_ = 0;
    std::uint64_t erases_ = 0;
    std::uint64_t writes_ = 0;
};

}  // namespace aftercare::agent
