// What happens at power-on: every sector is read once, the newest state adopted, and whatever a
// power cut left half done is put right.
#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/core/spool.hpp"

namespace aftercare::agent {
namespace {

// True when `a` lies inside the places that the newer `b` took over.
bool superseded(const Sector& a, const Sector& b) {
    return b.order_first <= a.order_first && a.order_last <= b.order_last &&
           b.generation > a.generation;
}

}  // namespace

// The newer one counts, and of what only grows the larger.
void Spool::adopt(SpoolState other) {
    if (other.serial >= state_.serial) std::swap(state_, other);
    state_.boot = std::max(state_.boot, other.boot);
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        SpoolSeq& acked = state_.acked[lane];
        acked = std::min(std::max(acked, other.acked[lane]), kSpoolSeqMax);
        SpoolSeq& next = state_.next_seq[lane];
        next = std::max({next, other.next_seq[lane], acked + 1});
    }
    for (std::size_t i = 0; i < kRecordClassCount; ++i) {
        state_.dropped[i] = std::max(state_.dropped[i], other.dropped[i]);
    }
}

void Spool::adopt_header(std::uint32_t id, const SectorHeader& header) {
    if (header.state.stream_id == 0) return;
    if (state_.stream_id != 0 && header.state.stream_id != state_.stream_id) {
        // Left over from another spool, or the other way round: the newer state wins.
        if (header.state.serial <= state_.serial) return;
        for (std::uint32_t i = 0; i < id; ++i) memory_.sectors[i] = Sector{};
        state_ = SpoolState{};
        generation_ = order_ = 0;
    }
    memory_.sectors[id] = Sector{.generation = header.generation,
                                 .order_first = header.order_first,
                                 .order_last = header.order_last,
                                 .used_bytes = storage_.sector_bytes,
                                 .use = SectorUse::data};
    generation_ = std::max(generation_, header.generation);
    order_ = std::max(order_, header.order_last);
    adopt(header.state);
}

// First pass: the headers alone tell which sectors count. Of two copies the first intact one does.
bool Spool::read_headers() {
    for (std::uint32_t i = 0; i < storage_.sector_count; ++i) {
        memory_.sectors[i] = Sector{};
        bool found = false;
        for (std::uint32_t at = 0; at < data_begin() && !found; at += kSectorHeaderBytes) {
            SectorHeader header;
            if (!storage_.read(storage_.context, i, at,
                               std::as_writable_bytes(std::span{&header, 1}))) {
                ++storage_errors_;
                return false;
            }
            found = intact(header);
            if (found) adopt_header(i, header);
        }
    }
    return true;
}

void Spool::drop_superseded() {
    for (std::uint32_t i = 0; i < storage_.sector_count; ++i) {
        for (std::uint32_t k = 0; k < storage_.sector_count; ++k) {
            const Sector& a = memory_.sectors[i];
            const Sector& b = memory_.sectors[k];
            if (i != k && a.use == SectorUse::data && b.use == SectorUse::data &&
                superseded(a, b)) {
                static_cast<void>(erase(i));
            }
        }
    }
}

void Spool::drop_voided(const SpoolState& state) {
    if (state.void_first == 0) return;
    for (std::uint32_t i = 0; i < storage_.sector_count; ++i) {
        const Sector& sector = memory_.sectors[i];
        if (sector.use == SectorUse::data && state.void_first <= sector.order_first &&
            sector.order_last <= state.void_last) {
            static_cast<void>(erase(i));
        }
    }
}

bool Spool::read_frames(std::uint32_t id) {
    Sector& sector = memory_.sectors[id];
    for (walk(id, data_begin()); frames_.next();) {
        const FrameView& frame = frames_.frame();
        const FrameHeader& header = frame.header;
        if (is_record(header.kind)) {
            if (header.seq == 0 || header.seq > kSpoolSeqMax) continue;
            note_written(sector, header);
            SpoolSeq& next = state_.next_seq[index(lane_of(header.kind))];
            next = std::max(next, header.seq + 1);
        } else if (header.kind == FrameKind::settings) {
            // The head is read first: what it says later decides about what it holds.
            if (id == memory_.log[log_count_ - 1] || is_settings(header)) {
                note_written(sector, header);
            }
        } else if (header.payload_bytes == kStateBytes) {
            SpoolState state;
            std::memcpy(&state, frame.payload().data(), kStateBytes);
            adopt(state);
            drop_voided(state);
        }
    }
    corrupt_frames_ += frames_.corrupt_stretches();
    sector.used_bytes = frames_.tail();
    sector.open_ended = frames_.tail_blank();
    return !frames_.failed();
}

bool Spool::count_held(std::uint32_t id) {
    Sector& sector = memory_.sectors[id];
    sector.held = {};
    for (walk(id, data_begin()); frames_.next();) {
        const FrameHeader& header = frames_.frame().header;
        if (is_held(header)) ++sector.held[index(lane_of(header.kind))];
    }
    return !frames_.failed();
}

void Spool::build_log() {
    log_count_ = 0;
    for (std::uint32_t i = 0; i < storage_.sector_count; ++i) {
        if (memory_.sectors[i].use == SectorUse::data) {
            memory_.log[log_count_++] = static_cast<std::uint16_t>(i);
        }
    }
    // Insertion sort: once a boot, a few dozen sectors, and a tenth of std::sort's code.
    for (std::size_t i = 1; i < log_count_; ++i) {
        const std::uint16_t id = memory_.log[i];
        std::size_t at = i;
        for (; at > 0 &&
               memory_.sectors[memory_.log[at - 1]].order_first > memory_.sectors[id].order_first;
             --at) {
            memory_.log[at] = memory_.log[at - 1];
        }
        memory_.log[at] = id;
    }
    has_head_ = log_count_ > 0;
    if (has_head_) last_taken_ = memory_.log[log_count_ - 1];
}

Outcome Spool::open(std::uint64_t new_stream_id) {
    if (storage_.sector_bytes < 512 || storage_.sector_count < 4 ||
        storage_.sector_bytes % kFrameAlignment != 0 ||
        storage_.sector_count > memory_.sectors.size() ||
        storage_.sector_count > memory_.log.size()) {
        return Outcome::invalid;
    }
    if (!read_headers()) return Outcome::unavailable;
    drop_superseded();
    build_log();
    // The newest sector first: it knows the newest acknowledgements, so that the others are counted
    // right as they pass. Its own records are counted again when it knew more than its header.
    for (std::size_t i = log_count_; i > 0; --i) {
        const std::uint32_t id = memory_.log[i - 1];
        if (memory_.sectors[id].use != SectorUse::data) continue;
        const auto acked_before = state_.acked;
        if (!read_frames(id)) return Outcome::unavailable;
        if (i == log_count_ && state_.acked != acked_before && !count_held(id)) {
            return Outcome::unavailable;
        }
    }
    build_log();
    held_ = {};
    for (std::size_t i = 0; i < log_count_; ++i) {
        for (std::size_t l = 0; l < kLaneCount; ++l) held_[l] += logged(i).held[l];
    }
    written_acked_ = state_.acked;
    // What a killed process wrote may still be in a cache that a power cut would lose.
    unsynced_ = true;
    if (!has_head_) state_.stream_id = new_stream_id;
    if (std::max({state_.boot, state_.serial, generation_, order_}) > kSpoolCounterMax) {
        return Outcome::exhausted;
    }
    // Now, so that what is acknowledged can make room below: a sector that could not be erased last
    // time is back, and must not cost another one.
    static_cast<void>(sync());
    state_.void_first = state_.void_last = 0;
    faults_.forget();
    const bool lost = state_.settings_version != 0 && find_settings() == nullptr;
    release_acknowledged();
    // Only damage can leave no sector free. Then the oldest one goes, declared like any loss.
    while (free_sectors() == 0 && log_count_ > 1) {
        const std::uint32_t id = memory_.log[0];
        declare(survivors(0, {.level = Level::anything}));
        take_off_held(memory_.sectors[id]);
        remove_from_log(0);
        static_cast<void>(erase(id));
    }
    // Settings that damage took are asked for again: a device without them has version 0.
    if (lost) state_.settings_version = state_.config_version = 0;
    return Outcome::done;
}

}  // namespace aftercare::agent
