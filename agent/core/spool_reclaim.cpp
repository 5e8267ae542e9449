// How the spool gets sectors back: release what is acknowledged, rewrite neighbours into one
// sector, and, when full, drop the least valuable class first.
#include <algorithm>

#include "agent/core/spool.hpp"

namespace aftercare::agent {

void Spool::remove_from_log(std::size_t position, std::size_t count) {
    const auto begin = memory_.log.begin() + static_cast<std::ptrdiff_t>(position);
    std::copy(begin + static_cast<std::ptrdiff_t>(count),
              memory_.log.begin() + static_cast<std::ptrdiff_t>(log_count_), begin);
    log_count_ -= count;
}

// Acknowledged sectors may go as soon as the acknowledgement itself is durable: else a power cut
// would bring back an older mark and declare a gap where nothing was lost.
bool Spool::release_acknowledged() {
    bool any = false;
    for (std::size_t i = 0; i + 1 < log_count_;) {
        Sector& sector = memory_.sectors[memory_.log[i]];
        bool dead = true;
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            dead &= sector.last_seq[lane] <= durable_acked_[lane];
        }
        if (!dead) {
            ++i;
            continue;
        }
        sector.use = SectorUse::stale;
        remove_from_log(i, 1);
        any = true;
    }
    return any;
}

bool Spool::survives(const FrameView& frame, const Drop& drop) const {
    if (!is_held(frame.header) || (drop.kinds & bit(frame.header.kind)) != 0) return false;
    if (frame.header.seq <= sent_[index(lane_of(frame.header.kind))]) return true;
    switch (class_of(frame.header.kind)) {
        case RecordClass::reading:
            return drop.level < Level::readings;
        case RecordClass::usage:
            return drop.level < Level::usage;
        case RecordClass::lifecycle:
            return drop.level < Level::lifecycle;
        case RecordClass::fault:
            if (drop.level == Level::anything) return false;
            return drop.level < Level::faults ||
                   !faults_.is_middle(stored_fault_code(frame.payload()), frame.header.seq);
    }
    return true;
}

Spool::Survivors Spool::survivors(std::size_t position, const Drop& drop) {
    Survivors result;
    SectorReader frames = reader(memory_.log[position], data_begin());
    for (FrameView frame; frames.next(frame);) {
        if (survives(frame, drop)) {
            result.bytes += static_cast<std::uint32_t>(frame.bytes.size());
        } else if (is_held(frame.header)) {
            ++result.dropped;
        }
    }
    // A sector that cannot be read is left alone.
    if (frames.failed()) result.bytes = capacity() + 1;
    return result;
}

// Adds to `dropped` what the rewrite of this sector is about to leave behind; false when it cannot
// be read.
bool Spool::count_dropped(std::size_t position, const Drop& drop) {
    SectorReader frames = reader(memory_.log[position], data_begin());
    for (FrameView frame; frames.next(frame);) {
        if (!is_held(frame.header) || survives(frame, drop)) continue;
        ++state_.dropped[static_cast<std::size_t>(class_of(frame.header.kind))];
    }
    return !frames.failed();
}

// A sector without survivors goes by one state frame in the head, which names its place as void.
bool Spool::void_sector(std::size_t position, const Drop& drop) {
    const std::uint32_t id = memory_.log[position];
    const Sector sector = memory_.sectors[id];
    const auto dropped = state_.dropped;
    const bool counted = count_dropped(position, drop);
    state_.void_first = sector.order_first;
    state_.void_last = sector.order_last;
    const bool committed = counted && put_state_in_reserve() && sync();
    state_.void_first = state_.void_last = 0;
    if (!committed) {
        state_.dropped = dropped;
        return false;
    }
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) held_[lane] -= sector.held[lane];
    remove_from_log(position, 1);
    // When it cannot be erased now, it is when it is taken.
    static_cast<void>(erase(id));
    return true;
}

bool Spool::copy_survivors(std::uint32_t from, std::uint32_t into, const Drop& drop) {
    Sector& target = memory_.sectors[into];
    SectorReader frames = reader(from, data_begin());
    for (FrameView frame; frames.next(frame);) {
        if (!survives(frame, drop)) continue;
        seal_frame(frame.header, target.generation, frame.bytes);
        if (!program(into, target.used_bytes, frame.bytes)) return false;
        target.used_bytes += static_cast<std::uint32_t>(frame.bytes.size());
        target.kinds = static_cast<std::uint8_t>(target.kinds | bit(frame.header.kind));
        const std::size_t lane = index(lane_of(frame.header.kind));
        if (target.first_seq[lane] == 0) target.first_seq[lane] = frame.header.seq;
        target.last_seq[lane] = frame.header.seq;
        ++target.held[lane];
    }
    return !frames.failed();
}

// Two neighbours or one sector.  Frames first, header last: the new sector counts from the moment
// its header is durable.
bool Spool::rewrite(std::size_t position, std::size_t count, const Drop& drop) {
    const std::uint32_t into = take_free();
    if (into == kNoSector) return false;
    const std::uint32_t first_id = memory_.log[position];
    const std::uint32_t last_id = memory_.log[position + count - 1];
    Sector& target = memory_.sectors[into];
    target = Sector{.generation = ++generation_,
                    .order_first = memory_.sectors[first_id].order_first,
                    .order_last = memory_.sectors[last_id].order_last,
                    .used_bytes = data_begin(),
                    .use = SectorUse::stale};
    const auto dropped = state_.dropped;
    bool ok = true;
    for (std::size_t i = position; ok && i < position + count; ++i) {
        ok = copy_survivors(memory_.log[i], into, drop) && count_dropped(i, drop);
    }
    ok = ok && sync();
    if (ok) {
        ++state_.serial;
        std::array<std::byte, 2 * kSectorHeaderBytes> bytes;
        const std::span<std::byte, kSectorHeaderBytes> one{bytes.data(), kSectorHeaderBytes};
        encode_sector_header({target.generation, target.order_first, target.order_last, state_},
                             one);
        std::copy(one.begin(), one.end(), bytes.begin() + kSectorHeaderBytes);
        ok = program(into, 0, std::span{bytes}.first(data_begin()));
        if (ok) written_acked_ = state_.acked;
        ok = ok && sync();
    }
    if (!ok) {
        state_.dropped = dropped;
        // A header that is on storage without our knowing would count: nothing may be left of it.
        static_cast<void>(erase(into));
        return false;
    }
    target.use = SectorUse::data;
    const std::array<std::uint32_t, 2> old{first_id, last_id};
    memory_.log[position] = static_cast<std::uint16_t>(into);
    if (count == 2) remove_from_log(position + 1, 1);
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        for (std::size_t i = 0; i < count; ++i) held_[lane] -= memory_.sectors[old[i]].held[lane];
        held_[lane] += target.held[lane];
    }
    for (std::size_t i = 0; i < count; ++i) static_cast<void>(erase(old[i]));
    return true;
}

// One step that gains a sector with the smallest loss at this level: from the oldest on, a sector
// without survivors, or two neighbours whose survivors fit into one.
bool Spool::compact(const Drop& drop) {
    std::uint32_t before = capacity() + 1;
    for (std::size_t i = 0; i + 1 < log_count_; ++i) {
        const Survivors here = survivors(i, drop);
        if (here.bytes == 0 && void_sector(i, drop)) return true;
        if (before + here.bytes <= capacity() && rewrite(i - 1, 2, drop)) return true;
        before = here.bytes;
    }
    return false;
}

bool Spool::make_room(Level worth) {
    // A full spool is asked for room with every record: look through it only when that can help.
    if (worth < full_for_ && !release_acknowledged()) return false;
    for (int level = 0; level <= static_cast<int>(worth); ++level) {
        const Drop drop{.level = static_cast<Level>(level)};
        if (drop.level == Level::faults && !faults_.complete()) rebuild_fault_index();
        while (free_sectors() < 2) {
            if (!release_acknowledged() && !compact(drop)) break;
        }
        if (free_sectors() >= 2) return true;
    }
    full_for_ = static_cast<Level>(static_cast<int>(worth) + 1);
    return false;
}

void Spool::rebuild_fault_index() {
    const std::uint64_t errors = storage_errors_;
    faults_.begin_rebuild();
    for (std::size_t i = 0; i < log_count_; ++i) {
        SectorReader frames = reader(memory_.log[i], data_begin());
        for (FrameView frame; frames.next(frame);) {
            if (frame.header.kind == FrameKind::fault && is_held(frame.header)) {
                faults_.note(stored_fault_code(frame.payload()), frame.header.seq);
            }
        }
    }
    faults_.end_rebuild();
    if (storage_errors_ == errors) return;
    // What is not known to lie in the middle is not evicted.
    faults_.clear();
    faults_.forget();
}

Result<std::uint32_t, Errc> Spool::erase_kinds(std::uint8_t kinds) {
    const Drop drop{.kinds = kinds};
    // The head takes no part in rewrites: begin another one behind it.
    if (auto opened = open_head(Level::faults); !opened) return fail(opened.error());
    const std::uint32_t before = held_[0] + held_[1];
    for (std::size_t i = 0; i + 1 < log_count_;) {
        if ((memory_.sectors[memory_.log[i]].kinds & kinds) == 0) {
            ++i;
            continue;
        }
        const Survivors here = survivors(i, drop);
        if (here.dropped == 0) {
            ++i;
        } else if (here.bytes == 0 && void_sector(i, drop)) {
            continue;
        } else if (rewrite(i, 1, drop)) {
            ++i;
        } else {
            return fail(Errc::unavailable);
        }
    }
    full_for_ = Level::nothing;
    if ((kinds & bit(FrameKind::fault)) != 0) faults_.clear();
    return before - (held_[0] + held_[1]);
}

}  // namespace aftercare::agent
