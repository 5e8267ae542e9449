// What happens at power-on: every sector is read once, the newest state adopted, and whatever a
// power cut left half done is put right.
#include <algorithm>

#include "agent/core/spool.hpp"

namespace aftercare::agent {
namespace {

// True when `a` lies inside the places that the newer `b` took over.
bool superseded(const Sector& a, const Sector& b) {
    return b.order_first <= a.order_first && a.order_last <= b.order_last &&
           b.generation > a.generation;
}

}  // namespace

void Spool::adopt(const SpoolState& state) {
    auto next_seq = state_.next_seq;
    auto acked = state_.acked;
    auto dropped = state_.dropped;
    const std::uint32_t boot = std::max(state_.boot, state.boot);
    if (state.serial >= state_.serial) state_ = state;
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        state_.acked[lane] = std::min(std::max(acked[lane], state.acked[lane]), kSpoolSeqMax);
        state_.next_seq[lane] =
            std::max({next_seq[lane], state.next_seq[lane], state_.acked[lane] + 1});
    }
    for (std::size_t i = 0; i < kRecordClassCount; ++i) {
        state_.dropped[i] = std::max(dropped[i], state.dropped[i]);
    }
    state_.boot = boot;
}

void Spool::read_header(std::uint32_t id, std::span<const std::byte> bytes) {
    SectorHeader header;
    bool found = false;
    for (std::size_t at = 0; at < bytes.size() && !found; at += kSectorHeaderBytes) {
        found = decode_sector_header(bytes.subspan(at).first<kSectorHeaderBytes>(), header);
    }
    if (!found || header.state.stream_id == 0) return;
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

// First pass: the headers alone tell which sectors count.
Result<void, Errc> Spool::read_headers() {
    std::array<std::byte, 2 * kSectorHeaderBytes> buffer;
    const auto bytes = std::span{buffer}.first(data_begin());
    for (std::uint32_t i = 0; i < storage_.sector_count; ++i) {
        memory_.sectors[i] = Sector{};
        if (!storage_.read(storage_.context, i, 0, bytes)) {
            ++storage_errors_;
            return fail(Errc::unavailable);
        }
        read_header(i, bytes);
    }
    return {};
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

Result<void, Errc> Spool::read_frames(std::uint32_t id) {
    Sector& sector = memory_.sectors[id];
    SectorReader frames{storage_,
                        memory_.window,
                        {id, sector.generation, data_begin(), storage_.sector_bytes},
                        storage_errors_};
    for (FrameView frame; frames.next(frame);) {
        if (frame.header.kind != FrameKind::state) {
            if (frame.header.seq == 0 || frame.header.seq > kSpoolSeqMax) continue;
            note_written(sector, frame.header);
            SpoolSeq& next = state_.next_seq[index(lane_of(frame.header.kind))];
            next = std::max(next, frame.header.seq + 1);
        } else if (frame.header.payload_bytes == kStateBytes) {
            const SpoolState state = decode_state(frame.payload().first<kStateBytes>());
            adopt(state);
            drop_voided(state);
        }
    }
    if (frames.failed()) return fail(Errc::unavailable);
    corrupt_frames_ += frames.corrupt_stretches();
    sector.used_bytes = frames.tail();
    sector.open_ended = frames.tail_blank();
    return {};
}

Result<void, Errc> Spool::count_held(std::uint32_t id) {
    Sector& sector = memory_.sectors[id];
    sector.held = {};
    SectorReader frames = reader(id, data_begin());
    for (FrameView frame; frames.next(frame);) {
        if (is_held(frame.header)) ++sector.held[index(lane_of(frame.header.kind))];
    }
    if (frames.failed()) return fail(Errc::unavailable);
    return {};
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

Result<void, Errc> Spool::open(std::uint64_t new_stream_id) {
    if (storage_.sector_bytes < 512 || storage_.sector_count < 4 ||
        storage_.sector_bytes % kFrameAlignment != 0 ||
        storage_.sector_count > memory_.sectors.size() ||
        storage_.sector_count > memory_.log.size()) {
        return fail(Errc::invalid);
    }
    if (auto headers = read_headers(); !headers) return headers;
    drop_superseded();
    build_log();
    // The newest sector first: it knows the newest acknowledgements, so that the others are counted
    // right as they pass. Its own records are counted again when it knew more than its header.
    for (std::size_t i = log_count_; i > 0; --i) {
        const std::uint32_t id = memory_.log[i - 1];
        if (memory_.sectors[id].use != SectorUse::data) continue;
        const auto acked_before = state_.acked;
        if (auto frames = read_frames(id); !frames) return frames;
        if (i == log_count_ && state_.acked != acked_before) {
            if (auto counted = count_held(id); !counted) return counted;
        }
    }
    build_log();
    held_ = {};
    for (std::size_t i = 0; i < log_count_; ++i) {
        for (std::size_t l = 0; l < kLaneCount; ++l)
            held_[l] += memory_.sectors[memory_.log[i]].held[l];
    }
    written_acked_ = state_.acked;
    // What a killed process wrote may still be in a cache that a power cut would lose.
    unsynced_ = true;
    if (!has_head_) state_.stream_id = new_stream_id;
    if (std::max({state_.boot, state_.serial, generation_, order_}) > kSpoolCounterMax) {
        return fail(Errc::exhausted);
    }
    // Now, so that what is acknowledged can make room below: a sector that could not be erased last
    // time is back, and must not cost another one.
    static_cast<void>(sync());
    state_.void_first = state_.void_last = 0;
    sent_ = {};
    faults_.forget();
    release_acknowledged();
    // Only damage can leave no sector free. Then the oldest one goes, declared like any loss.
    while (free_sectors() == 0 && log_count_ > 1) {
        const std::uint32_t id = memory_.log[0];
        static_cast<void>(count_dropped(0, {.level = Level::anything}));
        for (std::size_t l = 0; l < kLaneCount; ++l) held_[l] -= memory_.sectors[id].held[l];
        remove_from_log(0, 1);
        static_cast<void>(erase(id));
    }
    return {};
}

}  // namespace aftercare::agent
