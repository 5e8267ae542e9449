// How the spool gets sectors back: release what is acknowledged, rewrite neighbours into one
// sector, and, when full, drop the least valuable class first.
#include <algorithm>

#include "agent/core/spool.hpp"

namespace aftercare::agent {

void Spool::remove_from_log(std::size_t position) {
    const auto at = memory_.log.begin() + static_cast<std::ptrdiff_t>(position);
    std::copy(at + 1, memory_.log.begin() + static_cast<std::ptrdiff_t>(log_count_), at);
    --log_count_;
}

void Spool::take_off_held(const Sector& sector) {
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) held_[lane] -= sector.held[lane];
}

// Acknowledged sectors may go as soon as the acknowledgement itself is durable: else a power cut
// would bring back an older mark and declare a gap where nothing was lost.
bool Spool::release_acknowledged() {
    bool any = false;
    for (std::size_t i = 0; i + 1 < log_count_;) {
        Sector& sector = logged(i);
        bool dead = (sector.kinds & bit(FrameKind::settings)) == 0;
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            dead &= sector.last_seq[lane] <= durable_acked_[lane];
        }
        if (!dead) {
            ++i;
            continue;
        }
        sector.use = SectorUse::stale;
        remove_from_log(i);
        any = true;
    }
    return any;
}

// Pre: the frame is kept.
bool Spool::survives(const FrameView& frame, const Drop& drop) const {
    const FrameKind kind = frame.header.kind;
    if (!is_record(kind)) return true;
    if ((drop.kinds & bit(kind)) != 0) return false;
    if (frame.header.seq <= sent_[index(lane_of(kind))]) return true;
    if (drop.level < level_of(class_of(kind))) return true;
    return kind == FrameKind::fault && drop.level == Level::faults &&
           !faults_.is_middle(stored_fault_code(frame.payload()), frame.header.seq);
}

Spool::Survivors Spool::survivors(std::size_t position, const Drop& drop) {
    Survivors result;
    for (walk_logged(position); frames_.next();) {
        const FrameView& frame = frames_.frame();
        if (!is_kept(frame.header)) continue;
        if (survives(frame, drop)) {
            result.bytes += static_cast<std::uint32_t>(frame.bytes.size());
        } else {
            ++result.dropped[index(class_of(frame.header.kind))];
            result.drops = true;
        }
    }
    // A sector that cannot be read is left alone.
    if (frames_.failed()) result.bytes = capacity() + 1;
    return result;
}

void Spool::declare(const Survivors& survivors) {
    for (std::size_t i = 0; i < kRecordClassCount; ++i) state_.dropped[i] += survivors.dropped[i];
}

// A sector without survivors goes by one state frame in the head, which names its place as void.
bool Spool::void_sector(std::size_t position, const Survivors& survivors) {
    const std::uint32_t id = memory_.log[position];
    const Sector& sector = memory_.sectors[id];
    const auto dropped = state_.dropped;
    declare(survivors);
    state_.void_first = sector.order_first;
    state_.void_last = sector.order_last;
    const bool committed = put_state() && sync();
    state_.void_first = state_.void_last = 0;
    if (!committed) {
        state_.dropped = dropped;
        return false;
    }
    take_off_held(sector);
    remove_from_log(position);
    // When it cannot be erased now, it is when it is taken.
    static_cast<void>(erase(id));
    return true;
}

bool Spool::copy_survivors(std::size_t position, std::uint32_t into, const Drop& drop) {
    for (walk_logged(position); frames_.next();) {
        const FrameView& frame = frames_.frame();
        if (!is_kept(frame.header)) continue;
        if (!survives(frame, drop)) {
            ++state_.dropped[index(class_of(frame.header.kind))];
        } else if (!put_frame(into, frame.header, frame.bytes)) {
            return false;
        }
    }
    return !frames_.failed();
}

// Two neighbours or one sector.  Frames first, header last: the new sector counts from the moment
// its header is durable.
bool Spool::rewrite(std::size_t position, std::size_t count, const Drop& drop) {
    const std::uint32_t into = take_free();
    if (into == kNoSector) return false;
    const std::size_t last = position + count - 1;
    Sector& target = memory_.sectors[into];
    target = Sector{.generation = ++generation_,
                    .order_first = logged(position).order_first,
                    .order_last = logged(last).order_last,
                    .used_bytes = data_begin(),
                    .use = SectorUse::stale};
    const auto dropped = state_.dropped;
    bool ok = true;
    for (std::size_t i = position; ok && i <= last; ++i) ok = copy_survivors(i, into, drop);
    if (!ok || !sync() || !write_header(into) || !sync()) {
        state_.dropped = dropped;
        take_off_held(target);
        // A header that is on storage without our knowing would count: nothing may be left of it.
        static_cast<void>(erase(into));
        return false;
    }
    target.use = SectorUse::data;
    const std::array<std::uint32_t, 2> old{memory_.log[position], memory_.log[last]};
    memory_.log[position] = static_cast<std::uint16_t>(into);
    if (count == 2) remove_from_log(last);
    for (const std::uint32_t id : std::span{old}.first(count)) {
        take_off_held(memory_.sectors[id]);
        static_cast<void>(erase(id));
    }
    return true;
}

// One step that gains a sector with the smallest loss at this level: from the oldest on, a sector
// without survivors, or two neighbours whose survivors fit into one.
bool Spool::compact(const Drop& drop) {
    std::uint32_t before = capacity() + 1;
    for (std::size_t i = 0; i + 1 < log_count_; ++i) {
        const Survivors here = survivors(i, drop);
        if (here.bytes == 0 && void_sector(i, here)) return true;
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
    bool failed = false;
    faults_.begin_rebuild();
    for (std::size_t i = 0; i < log_count_; ++i) {
        for (walk_logged(i); frames_.next();) {
            const FrameView& frame = frames_.frame();
            if (frame.header.kind == FrameKind::fault && is_held(frame.header)) {
                faults_.note(stored_fault_code(frame.payload()), frame.header.seq);
            }
        }
        failed = failed || frames_.failed();
    }
    faults_.end_rebuild();
    if (!failed) return;
    // What is not known to lie in the middle is not evicted.
    faults_.clear();
    faults_.forget();
}

Outcome Spool::erase_kinds(std::uint8_t kinds, std::uint32_t& count) {
    const Drop drop{.kinds = kinds};
    // The head takes no part in rewrites: begin another one behind it.
    if (const Outcome opened = open_head(Level::faults); opened != Outcome::done) return opened;
    const std::uint32_t before = held_[0] + held_[1];
    for (std::size_t i = 0; i + 1 < log_count_;) {
        Survivors here;
        if ((logged(i).kinds & kinds) != 0) here = survivors(i, drop);
        if (!here.drops) {
            ++i;
        } else if (here.bytes == 0 && void_sector(i, here)) {
            continue;
        } else if (rewrite(i, 1, drop)) {
            ++i;
        } else {
            return Outcome::unavailable;
        }
    }
    full_for_ = Level::nothing;
    if ((kinds & bit(FrameKind::fault)) != 0) faults_.clear();
    count = before - (held_[0] + held_[1]);
    return Outcome::done;
}

}  // namespace aftercare::agent
