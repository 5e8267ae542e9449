// The spool: a log of records over erase-before-write sectors, in memory given by the caller.
//
// Sectors form the log in the order of their `order` number; within a lane, seqs grow along the
// log. Space comes back when a sector holds nothing unacknowledged, or by rewriting neighbours into
// one sector without what is dead or, when full, without the least valuable class. One sector is
// always kept free for that. A rewritten sector counts once its header is on storage, so that a
// power cut leaves either the old sectors or the new one. Thread: that of the agent. Cost: append
// is one program call, plus one erase per sector.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "agent/core/fault_index.hpp"
#include "agent/core/sector_reader.hpp"
#include "agent/core/spool_format.hpp"
#include "agent/ports/ports.hpp"
#include "common/result.hpp"

namespace aftercare::agent {

enum class SectorUse : std::uint8_t { blank, stale, data, bad };

/// What RAM remembers of a sector.
struct Sector {
    std::uint32_t generation = 0;
    std::uint32_t order_first = 0;
    std::uint32_t order_last = 0;
    std::array<SpoolSeq, kLaneCount> first_seq{};  ///< written in this lane; 0 = none
    std::array<SpoolSeq, kLaneCount> last_seq{};
    std::array<std::uint16_t, kLaneCount> held{};  ///< not yet acknowledged
    std::uint32_t used_bytes = 0;                  ///< next free offset
    SectorUse use = SectorUse::stale;
    std::uint8_t kinds = 0;   ///< bit(FrameKind) of what was written
    bool open_ended = false;  ///< blank behind used_bytes
};

/// Caller-supplied memory of a spool.
struct SpoolMemory {
    std::span<Sector> sectors;     ///< at least the storage's sector_count
    std::span<std::uint16_t> log;  ///< as many
    std::span<FaultIndex::Entry> faults;
    std::span<std::byte> window;  ///< kWindowBytes
    std::span<std::byte> frame;   ///< kFrameBytesMax
};

class Spool {
  public:
    Spool(const StoragePort& storage, const SpoolMemory& memory);

    /// Reads every sector once (the newest one twice) and takes up where the last boot ended; blank
    /// storage begins a stream with `new_stream_id`.  Errors: invalid (geometry), unavailable
    /// (storage fails).
    Result<void, Errc> open(std::uint64_t new_stream_id);

    /// Where the payload of the next record goes: kRecordBytesMax bytes.
    [[nodiscard]] std::span<std::byte> payload_buffer() {
        return memory_.frame.subspan(kFrameHeaderBytes, kRecordBytesMax);
    }
    /// Appends the record whose payload lies in payload_buffer().  Not durable before sync().
    /// Errors: exhausted (full of records at least as valuable; the seq is used up and counted as
    /// dropped), unavailable (storage failed), invalid (larger than a sector).
    Result<SpoolSeq, Errc> append(FrameKind kind, std::size_t payload_bytes);
    /// Writes `state()` into the log; with the next sync it is durable.
    Result<void, Errc> append_state();
    /// False when storage failed; the data stays unsynced.
    bool sync();
    [[nodiscard]] bool unsynced() const { return unsynced_; }
    /// False when a power cut now would bring back an older mark.
    [[nodiscard]] bool acks_durable() const { return durable_acked_ == state_.acked; }

    void acked(Lane lane, SpoolSeq through);
    /// Records up to here are in flight: they are not evicted.
    void sent(Lane lane, SpoolSeq through) { sent_[index(lane)] = through; }
    /// Erases what is held of these kinds, durable on return.  Gives the count.
    Result<std::uint32_t, Errc> erase_kinds(std::uint8_t kinds);

    /// Finds the first held record of the lane behind `after`; false when there is none. Calls with
    /// growing `after` continue where the last one ended.
    bool find_after(Lane lane, SpoolSeq after, FrameView& frame);

    [[nodiscard]] SpoolState& state() { return state_; }
    [[nodiscard]] const SpoolState& state() const { return state_; }
    [[nodiscard]] std::uint32_t held(Lane lane) const { return held_[index(lane)]; }
    /// Oldest held record of the lane; next_seq when there is none.
    SpoolSeq oldest(Lane lane);
    [[nodiscard]] std::uint32_t free_sectors() const;
    [[nodiscard]] std::uint32_t used_bytes() const;
    [[nodiscard]] std::uint32_t size_bytes() const {
        return storage_.sector_bytes * storage_.sector_count;
    }
    [[nodiscard]] std::uint32_t corrupt_frames() const { return corrupt_frames_; }
    [[nodiscard]] std::uint64_t storage_errors() const { return storage_errors_; }
    [[nodiscard]] std::uint64_t programmed_bytes() const { return programmed_bytes_; }

  private:
    // How much a rewrite may drop beside what is acknowledged; each level includes those before.
    enum class Level : std::uint8_t { nothing, readings, usage, lifecycle, faults, anything };
    struct Drop {
        Level level = Level::nothing;
        std::uint8_t kinds = 0;  // by consent, in flight or not
    };
    struct Cursor {
        std::uint32_t sector = 0;
        std::uint32_t generation = 0;  // 0 = not set
        std::uint32_t offset = 0;
        SpoolSeq after = 0;
    };
    struct Survivors {
        std::uint32_t bytes = 0;
        std::uint32_t dropped = 0;
    };

    // spool_recovery.cpp
    Result<void, Errc> read_headers();
    void read_header(std::uint32_t sector, std::span<const std::byte> bytes);
    void drop_superseded();
    void drop_voided(const SpoolState& state);
    Result<void, Errc> read_frames(std::uint32_t sector);
    Result<void, Errc> count_held(std::uint32_t sector);
    void build_log();
    void adopt(const SpoolState& state);

    // spool.cpp
    [[nodiscard]] std::uint32_t capacity() const;
    [[nodiscard]] std::uint32_t data_begin() const { return data_offset(storage_.sector_bytes); }
    [[nodiscard]] Sector* head();
    bool head_has_room(std::uint32_t bytes);
    Result<void, Errc> ensure_head(std::uint32_t bytes, Level worth);
    Result<void, Errc> open_head(Level worth);
    bool write_head(std::uint32_t sector);
    bool program_frame(const FrameHeader& header, Sector& into, std::uint32_t sector);
    Result<void, Errc> put_frame(const FrameHeader& header, Level worth);
    bool put_state_in_reserve();
    bool erase(std::uint32_t sector);
    bool program(std::uint32_t sector, std::uint32_t offset, std::span<const std::byte> bytes);
    SectorReader reader(std::uint32_t sector, std::uint32_t from);
    [[nodiscard]] std::uint32_t take_free();  // kNoSector when there is none
    /// A record, and not acknowledged.
    [[nodiscard]] bool is_held(const FrameHeader& header) const;
    void note_written(Sector& sector, const FrameHeader& header);

    // spool_reclaim.cpp
    bool make_room(Level worth);
    bool release_acknowledged();
    bool compact(const Drop& drop);
    bool void_sector(std::size_t position, const Drop& drop);
    bool rewrite(std::size_t position, std::size_t count, const Drop& drop);
    bool copy_survivors(std::uint32_t from, std::uint32_t into, const Drop& drop);
    Survivors survivors(std::size_t position, const Drop& drop);
    bool survives(const FrameView& frame, const Drop& drop) const;
    bool count_dropped(std::size_t position, const Drop& drop);
    void remove_from_log(std::size_t position, std::size_t count);
    void rebuild_fault_index();

    static constexpr std::uint32_t kNoSector = UINT32_MAX;

    StoragePort storage_;
    SpoolMemory memory_;
    FaultIndex faults_;
    SpoolState state_;
    std::array<SpoolSeq, kLaneCount> written_acked_{};  // in the newest state on storage
    std::array<SpoolSeq, kLaneCount> durable_acked_{};  // the same once synced
    std::array<SpoolSeq, kLaneCount> sent_{};
    std::array<std::uint32_t, kLaneCount> held_{};
    std::array<Cursor, kLaneCount> cursor_{};
    std::size_t log_count_ = 0;  // sectors in memory_.log; the last one is the head
    bool has_head_ = false;
    Level full_for_ = Level::nothing;  // no room below this level until something is acknowledged
    bool unsynced_ = false;
    std::uint32_t generation_ = 0;
    std::uint32_t order_ = 0;
    std::uint32_t last_taken_ = 0;  // rotation levels the wear
    std::uint32_t corrupt_frames_ = 0;
    std::uint64_t storage_errors_ = 0;
    std::uint64_t programmed_bytes_ = 0;
};

}  // namespace aftercare::agent
