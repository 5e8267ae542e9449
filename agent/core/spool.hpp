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

/// Errc, or done: in one byte, where a Result<void, Errc> takes a struct and the code to build it.
enum class [[nodiscard]] Outcome : std::uint8_t{
    invalid = static_cast<std::uint8_t>(Errc::invalid),
    unavailable = static_cast<std::uint8_t>(Errc::unavailable),
    exhausted = static_cast<std::uint8_t>(Errc::exhausted),
    conflict = static_cast<std::uint8_t>(Errc::conflict),
    done = 0xFF,
};

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
    std::uint8_t kinds = 0;   ///< bit(FrameKind) of what was written; settings: as long as in force
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
    /// Lifetime: `storage` must outlive the spool.
    Spool(const StoragePort& storage, const SpoolMemory& memory);

    /// Reads every sector once, at most four again, and takes up where the last boot ended; blank
    /// storage begins a stream with `new_stream_id`.  Errors: invalid (geometry), unavailable
    /// (storage fails).
    Outcome open(std::uint64_t new_stream_id);

    /// Where the payload of the next record goes: kRecordBytesMax bytes.
    [[nodiscard]] std::span<std::byte> payload_buffer() {
        return memory_.frame.subspan(kFrameHeaderBytes, kRecordBytesMax);
    }
    /// Appends the record whose payload lies in payload_buffer().  Not durable before sync().
    /// Errors: exhausted (full of records at least as valuable; the seq is used up and counted as
    /// dropped), unavailable (storage failed), invalid (larger than a sector).
    Outcome append(FrameKind kind, std::size_t payload_bytes, SpoolSeq& seq);
    /// Writes `state()` into the log; with the next sync it is durable.
    Outcome append_state();
    /// Keeps settings for as long as `state().settings_version` names them; append_state() makes
    /// them count.  Errors: those of append().  Pre: 1 to kRecordBytesMax bytes.
    Outcome append_settings(std::span<const std::byte> bytes, std::uint32_t version);
    /// The settings in force, null when there are none; lets go of all older ones.  Lifetime: until
    /// any other call.
    const FrameView* find_settings();
    /// False when storage failed; the data stays unsynced.
    bool sync();
    [[nodiscard]] bool unsynced() const { return unsynced_; }
    /// False when a power cut now would bring back an older mark.
    [[nodiscard]] bool acks_durable() const { return durable_acked_ == state_.acked; }

    void acked(Lane lane, SpoolSeq through);
    /// Records up to here are in flight: they are not evicted.
    void sent(Lane lane, SpoolSeq through) { sent_[index(lane)] = through; }
    /// Erases what is held of these kinds, durable on return; `count` says how many records.
    Outcome erase_kinds(std::uint8_t kinds, std::uint32_t& count);

    /// Finds the first held record of the lane behind `after`; null when there is none. Calls with
    /// growing `after` continue where the last one ended.  Lifetime: until any other call.
    const FrameView* find_after(Lane lane, SpoolSeq after);

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
    [[nodiscard]] std::uint32_t storage_errors() const {
        return storage_errors_ + frames_.read_errors();
    }
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
        std::array<std::uint32_t, kRecordClassCount> dropped{};
        bool drops = false;
    };
    static constexpr Level level_of(RecordClass c) {
        return static_cast<Level>(static_cast<unsigned>(Level::faults) - static_cast<unsigned>(c));
    }

    // spool_recovery.cpp
    bool read_headers();
    void adopt_header(std::uint32_t sector, const SectorHeader& header);
    void drop_superseded();
    void drop_voided(const SpoolState& state);
    bool read_frames(std::uint32_t sector);
    bool count_held(std::uint32_t sector);
    void build_log();
    void adopt(SpoolState state);

    // spool.cpp
    [[nodiscard]] std::uint32_t capacity() const { return storage_.sector_bytes - data_begin(); }
    [[nodiscard]] std::uint32_t data_begin() const { return data_offset(storage_.sector_bytes); }
    [[nodiscard]] Sector& logged(std::size_t position) {
        return memory_.sectors[memory_.log[position]];
    }
    bool head_takes(std::uint32_t bytes);
    Outcome ensure_head(std::uint32_t bytes, Level worth);
    Outcome open_head(Level worth);
    bool write_header(std::uint32_t sector);
    bool put_frame(std::uint32_t sector, const FrameHeader& header, std::span<std::byte> frame);
    Outcome put_record(const FrameHeader& header, Level worth);
    bool put_state();
    bool erase(std::uint32_t sector);
    bool program(std::uint32_t sector, std::uint32_t offset, std::span<const std::byte> bytes);
    /// Frames of that sector, one by one, through frames_.
    void walk(std::uint32_t sector, std::uint32_t from);
    void walk_logged(std::size_t position) { walk(memory_.log[position], data_begin()); }
    [[nodiscard]] std::uint32_t take_free();  // kNoSector when there is none
    /// A record, and not acknowledged.
    [[nodiscard]] bool is_held(const FrameHeader& header) const;
    [[nodiscard]] bool is_settings(const FrameHeader& header) const {
        return header.kind == FrameKind::settings && header.seq == state_.settings_version;
    }
    /// Held, or settings in force.
    [[nodiscard]] bool is_kept(const FrameHeader& header) const {
        return is_held(header) || is_settings(header);
    }
    void note_written(Sector& sector, const FrameHeader& header);

    // spool_reclaim.cpp
    bool make_room(Level worth);
    bool release_acknowledged();
    bool compact(const Drop& drop);
    bool void_sector(std::size_t position, const Survivors& survivors);
    bool rewrite(std::size_t position, std::size_t count, const Drop& drop);
    bool copy_survivors(std::size_t position, std::uint32_t into, const Drop& drop);
    Survivors survivors(std::size_t position, const Drop& drop);
    bool survives(const FrameView& frame, const Drop& drop) const;
    void declare(const Survivors& survivors);
    void take_off_held(const Sector& sector);
    void remove_from_log(std::size_t position);
    void rebuild_fault_index();

    static constexpr std::uint32_t kNoSector = UINT32_MAX;

    // In the order of their use: what lies within 32 or 128 bytes is reached by short instructions.
    const StoragePort& storage_;
    bool has_head_ = false;
    bool unsynced_ = false;
    Level full_for_ = Level::nothing;  // no room below this level until something is acknowledged
    std::size_t log_count_ = 0;        // sectors in memory_.log; the last one is the head
    SpoolMemory memory_;
    std::array<std::uint32_t, kLaneCount> held_{};
    std::array<SpoolSeq, kLaneCount> sent_{};
    std::array<SpoolSeq, kLaneCount> written_acked_{};  // in the newest state on storage
    std::array<SpoolSeq, kLaneCount> durable_acked_{};  // the same once synced
    std::uint32_t generation_ = 0;
    std::uint32_t order_ = 0;
    std::uint32_t last_taken_ = 0;  // rotation levels the wear
    std::uint32_t corrupt_frames_ = 0;
    std::uint32_t storage_errors_ = 0;  // of program, erase and sync
    SpoolState state_;
    std::uint64_t programmed_bytes_ = 0;
    FaultIndex faults_;
    SectorReader frames_;
    std::array<Cursor, kLaneCount> cursor_{};
};

}  // namespace aftercare::agent
