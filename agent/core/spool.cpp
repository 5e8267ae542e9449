#include "agent/core/spool.hpp"

#include <algorithm>
#include <cstring>

namespace aftercare::agent {

Spool::Spool(const StoragePort& storage, const SpoolMemory& memory)
    : storage_(storage), memory_(memory), faults_(memory.faults), frames_(storage, memory.window) {}

// Nothing is erased before all that was written earlier is durable: the sector may be the last
// place that holds what a younger, unsynced one repeats.
bool Spool::erase(std::uint32_t sector) {
    Sector& erased = memory_.sectors[sector];
    erased = Sector{};
    if (!sync()) return false;
    unsynced_ = true;
    if (storage_.erase(storage_.context, sector)) {
        erased.use = SectorUse::blank;
        return true;
    }
    ++storage_errors_;
    erased.use = SectorUse::bad;
    return false;
}

bool Spool::program(std::uint32_t sector, std::uint32_t offset, std::span<const std::byte> bytes) {
    unsynced_ = true;
    programmed_bytes_ += bytes.size();
    if (storage_.program(storage_.context, sector, offset, bytes)) return true;
    ++storage_errors_;
    return false;
}

bool Spool::sync() {
    if (!unsynced_) return true;
    if (!storage_.sync(storage_.context)) {
        ++storage_errors_;
        return false;
    }
    unsynced_ = false;
    durable_acked_ = written_acked_;
    return true;
}

void Spool::walk(std::uint32_t sector, std::uint32_t from) {
    const Sector& s = memory_.sectors[sector];
    frames_.begin({sector, s.generation, from, s.used_bytes});
}

std::uint32_t Spool::free_sectors() const {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < storage_.sector_count; ++i) {
        const SectorUse use = memory_.sectors[i].use;
        count += use == SectorUse::blank || use == SectorUse::stale ? 1 : 0;
    }
    return count;
}

std::uint32_t Spool::used_bytes() const {
    std::uint32_t bytes = 0;
    for (const std::uint16_t sector : memory_.log.first(log_count_)) {
        bytes += memory_.sectors[sector].used_bytes;
    }
    return bytes;
}

// The next free sector behind the one taken last, blank on return.
std::uint32_t Spool::take_free() {
    for (std::uint32_t step = 1; step <= storage_.sector_count; ++step) {
        const std::uint32_t i = (last_taken_ + step) % storage_.sector_count;
        const SectorUse use = memory_.sectors[i].use;
        // A bad one is tried again: its erase may work now, and no record need go for it.
        if (use == SectorUse::data) continue;
        if (use != SectorUse::blank && !erase(i)) continue;
        last_taken_ = i;
        return i;
    }
    return kNoSector;
}

// Of that sector, once or twice; with the state, and so with the acknowledgements.
bool Spool::write_header(std::uint32_t sector) {
    const Sector& s = memory_.sectors[sector];
    ++state_.serial;
    SectorHeader header{.generation = s.generation,
                        .order_first = s.order_first,
                        .order_last = s.order_last,
                        .state = state_};
    seal(header);
    for (std::uint32_t at = 0; at < data_begin(); at += kSectorHeaderBytes) {
        if (!program(sector, at, std::as_bytes(std::span{&header, 1}))) return false;
    }
    written_acked_ = state_.acked;
    return true;
}

Outcome Spool::open_head(Level worth) {
    if (free_sectors() < 2 && !make_room(worth)) return Outcome::exhausted;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const std::uint32_t sector = take_free();
        if (sector == kNoSector) break;
        Sector& head = memory_.sectors[sector];
        head = Sector{.generation = ++generation_,
                      .order_first = order_ + 1,
                      .order_last = order_ + 1,
                      .used_bytes = data_begin(),
                      .use = SectorUse::data,
                      .open_ended = true};
        if (!write_header(sector)) {
            head = Sector{};
            continue;
        }
        ++order_;
        memory_.log[log_count_++] = static_cast<std::uint16_t>(sector);
        has_head_ = true;
        // The header carries the acknowledgements: what they freed may go once it is durable.
        if (sync()) release_acknowledged();
        return Outcome::done;
    }
    return Outcome::unavailable;
}

bool Spool::head_takes(std::uint32_t bytes) {
    if (!has_head_) return false;
    const Sector& head = logged(log_count_ - 1);
    return head.open_ended && head.used_bytes + bytes <= storage_.sector_bytes;
}

// Records leave room for one state frame at the end of each sector: the one that voids another
// sector.
Outcome Spool::ensure_head(std::uint32_t bytes, Level worth) {
    bytes += kStateFrameBytes;
    if (bytes > storage_.sector_bytes - data_begin()) return Outcome::invalid;
    return head_takes(bytes) ? Outcome::done : open_head(worth);
}

bool Spool::is_held(const FrameHeader& header) const {
    return is_record(header.kind) && header.seq > state_.acked[index(lane_of(header.kind))];
}

void Spool::note_written(Sector& sector, const FrameHeader& header) {
    sector.kinds = static_cast<std::uint8_t>(sector.kinds | bit(header.kind));
    if (!is_record(header.kind)) return;
    const std::size_t lane = index(lane_of(header.kind));
    if (sector.first_seq[lane] == 0) sector.first_seq[lane] = header.seq;
    sector.last_seq[lane] = header.seq;
    if (is_held(header)) {
        ++sector.held[lane];
        ++held_[lane];
    }
}

// Behind the last frame of that sector. A failed program leaves the rest of the sector in doubt: it
// takes nothing more.
bool Spool::put_frame(std::uint32_t sector, const FrameHeader& header, std::span<std::byte> frame) {
    Sector& into = memory_.sectors[sector];
    seal_frame(header, into.generation, frame);
    const std::uint32_t bytes = frame_bytes(header.payload_bytes);
    if (!program(sector, into.used_bytes, frame.first(bytes))) {
        into.open_ended = false;
        return false;
    }
    into.used_bytes += bytes;
    note_written(into, header);
    return true;
}

Outcome Spool::put_record(const FrameHeader& header, Level worth) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Outcome room = ensure_head(frame_bytes(header.payload_bytes), worth);
        if (room != Outcome::done) return room;
        if (put_frame(memory_.log[log_count_ - 1], header, memory_.frame)) return Outcome::done;
    }
    return Outcome::unavailable;
}

Outcome Spool::append(FrameKind kind, std::size_t payload_bytes, SpoolSeq& seq) {
    SpoolSeq& next = state_.next_seq[index(lane_of(kind))];
    if (payload_bytes == 0 || payload_bytes > kRecordBytesMax) return Outcome::invalid;
    if (next == UINT32_MAX) return Outcome::exhausted;
    seq = next;
    const FrameHeader header{static_cast<std::uint16_t>(payload_bytes), kind, 0, 0, seq};
    const Outcome put = put_record(header, level_of(class_of(kind)));
    // What was refused for lack of room is a loss like any other: it takes a seq, so that the gap
    // tells of it. A failed write takes one too, because its bytes may have reached the storage.
    if (put != Outcome::invalid) ++next;
    if (put == Outcome::exhausted) ++state_.dropped[index(class_of(kind))];
    if (put == Outcome::done && kind == FrameKind::fault) {
        faults_.note(stored_fault_code(payload_buffer().first(payload_bytes)), seq);
    }
    return put;
}

Outcome Spool::append_state() {
    // It may push out any record that is not in flight: what it holds (boot, acknowledgements,
    // consent) is worth more. Making room uses up serials, so the content is encoded when the room
    // is there; without room there is the reserve.
    const Outcome room = ensure_head(kStateFrameBytes, Level::anything);
    if (put_state()) return Outcome::done;
    return room == Outcome::done ? Outcome::unavailable : room;
}

// Also into the reserve at the end of the head.
bool Spool::put_state() {
    if (!head_takes(kStateFrameBytes)) return false;
    ++state_.serial;
    // The frame buffer may hold a record that waits for this very room: write from the stack.
    std::array<std::byte, kStateFrameBytes> bytes;
    std::memcpy(bytes.data() + kFrameHeaderBytes, &state_, kStateBytes);
    const FrameHeader header{.payload_bytes = kStateBytes, .kind = FrameKind::state};
    if (!put_frame(memory_.log[log_count_ - 1], header, bytes)) return false;
    written_acked_ = state_.acked;
    return true;
}

void Spool::acked(Lane lane, SpoolSeq through) {
    const std::size_t l = index(lane);
    if (through <= state_.acked[l]) return;
    for (std::size_t i = 0; i < log_count_; ++i) {
        Sector& sector = logged(i);
        if (sector.held[l] == 0 || sector.first_seq[l] > through) continue;
        std::uint16_t gone = 0;
        if (sector.last_seq[l] <= through) {
            gone = sector.held[l];
        } else {
            for (walk_logged(i); frames_.next();) {
                const FrameHeader& header = frames_.frame().header;
                const bool here = is_held(header) && lane_of(header.kind) == lane;
                if (here && header.seq <= through) ++gone;
            }
            gone = std::min(gone, sector.held[l]);
        }
        sector.held[l] = static_cast<std::uint16_t>(sector.held[l] - gone);
        held_[l] -= gone;
    }
    state_.acked[l] = through;
    full_for_ = Level::nothing;
    sent_[l] = std::max(sent_[l], through);
    if (lane == Lane::urgent) faults_.acked(through);
}

const FrameView* Spool::find_after(Lane lane, SpoolSeq after) {
    const std::size_t l = index(lane);
    Cursor& cursor = cursor_[l];
    for (const std::uint16_t id : memory_.log.first(log_count_)) {
        const Sector& sector = memory_.sectors[id];
        if (sector.held[l] == 0 || sector.last_seq[l] <= after) continue;
        const bool known =
            cursor.generation == sector.generation && cursor.sector == id && cursor.after <= after;
        walk(id, known ? cursor.offset : data_begin());
        while (frames_.next()) {
            const FrameView& frame = frames_.frame();
            if (!is_held(frame.header) || lane_of(frame.header.kind) != lane) continue;
            if (frame.header.seq <= after) continue;
            const auto size = static_cast<std::uint32_t>(frame.bytes.size());
            cursor = {id, sector.generation, frame.offset + size, frame.header.seq};
            return &frame;
        }
        // What cannot be read now is not lost: going on behind it would declare it so.
        if (frames_.failed()) return nullptr;
    }
    return nullptr;
}

Outcome Spool::append_settings(std::span<const std::byte> bytes, std::uint32_t version) {
    std::copy(bytes.begin(), bytes.end(), payload_buffer().begin());
    const FrameHeader header{static_cast<std::uint16_t>(bytes.size()), FrameKind::settings, 0, 0,
                             version};
    return put_record(header, Level::lifecycle);
}

const FrameView* Spool::find_settings() {
    // The newest one holds them, or what was never put in force: then the one before. Damage may
    // lead further, and is not followed: a boot reads only so much.
    unsigned looks = 2;
    bool found = false;
    for (std::size_t i = log_count_; i > 0; --i) {
        Sector& sector = logged(i - 1);
        if ((sector.kinds & bit(FrameKind::settings)) == 0) continue;
        if (!found && looks > 0) {
            --looks;
            walk_logged(i - 1);
            while (!found && frames_.next()) found = is_settings(frames_.frame().header);
            // What cannot be read now may still be what is looked for.
            if (found || frames_.failed()) continue;
        }
        sector.kinds = static_cast<std::uint8_t>(sector.kinds & ~bit(FrameKind::settings));
    }
    return found ? &frames_.frame() : nullptr;
}

SpoolSeq Spool::oldest(Lane lane) {
    const std::size_t l = index(lane);
    const Cursor saved = cursor_[l];
    const FrameView* found = held_[l] == 0 ? nullptr : find_after(lane, state_.acked[l]);
    cursor_[l] = saved;
    return found != nullptr ? found->header.seq : state_.next_seq[l];
}

}  // namespace aftercare::agent
