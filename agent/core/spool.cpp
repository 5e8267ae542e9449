#include "agent/core/spool.hpp"

#include <algorithm>

namespace aftercare::agent {

Spool::Spool(const StoragePort& storage, const SpoolMemory& memory)
    : storage_(storage), memory_(memory), faults_(memory.faults) {}

std::uint32_t Spool::capacity() const {
    return storage_.sector_bytes - data_begin();
}

Sector* Spool::head() {
    return has_head_ ? &memory_.sectors[memory_.log[log_count_ - 1]] : nullptr;
}

// Nothing is erased before all that was written earlier is durable: the sector may be the last
// place that holds what a younger, unsynced one repeats.
bool Spool::erase(std::uint32_t sector) {
    memory_.sectors[sector] = Sector{.use = SectorUse::stale};
    if (!sync()) return false;
    unsynced_ = true;
    if (storage_.erase(storage_.context, sector)) {
        memory_.sectors[sector].use = SectorUse::blank;
        return true;
    }
    ++storage_errors_;
    memory_.sectors[sector].use = SectorUse::bad;
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

SectorReader Spool::reader(std::uint32_t sector, std::uint32_t from) {
    const Sector& s = memory_.sectors[sector];
    return {storage_, memory_.window, {sector, s.generation, from, s.used_bytes}, storage_errors_};
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
    for (std::size_t i = 0; i < log_count_; ++i)
        bytes += memory_.sectors[memory_.log[i]].used_bytes;
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

bool Spool::write_head(std::uint32_t sector) {
    ++state_.serial;
    state_.void_first = state_.void_last = 0;
    const SectorHeader header{++generation_, order_ + 1, order_ + 1, state_};
    std::array<std::byte, 2 * kSectorHeaderBytes> bytes;
    const std::span<std::byte, kSectorHeaderBytes> first{bytes.data(), kSectorHeaderBytes};
    encode_sector_header(header, first);
    std::copy(first.begin(), first.end(), bytes.begin() + kSectorHeaderBytes);
    if (!program(sector, 0, std::span{bytes}.first(data_begin()))) return false;
    written_acked_ = state_.acked;
    memory_.sectors[sector] = Sector{.generation = header.generation,
                                     .order_first = header.order_first,
                                     .order_last = header.order_last,
                                     .used_bytes = data_begin(),
                                     .use = SectorUse::data,
                                     .open_ended = true};
    return true;
}

Result<void, Errc> Spool::open_head(Level worth) {
    if (free_sectors() < 2 && !make_room(worth)) return fail(Errc::exhausted);
    for (int attempt = 0; attempt < 2; ++attempt) {
        const std::uint32_t sector = take_free();
        if (sector == kNoSector) break;
        if (!write_head(sector)) {
            memory_.sectors[sector] = Sector{.use = SectorUse::stale};
            continue;
        }
        ++order_;
        memory_.log[log_count_++] = static_cast<std::uint16_t>(sector);
        has_head_ = true;
        // The header carries the acknowledgements: what they freed may go once it is durable.
        if (sync()) release_acknowledged();
        return {};
    }
    return fail(Errc::unavailable);
}

// Records leave room for one state frame at the end of each sector: the one that voids another
// sector.
bool Spool::head_has_room(std::uint32_t bytes) {
    const Sector* h = head();
    return h != nullptr && h->open_ended &&
           h->used_bytes + bytes + kStateFrameBytes <= storage_.sector_bytes;
}

Result<void, Errc> Spool::ensure_head(std::uint32_t bytes, Level worth) {
    if (bytes + kStateFrameBytes > capacity()) return fail(Errc::invalid);
    if (head_has_room(bytes)) return {};
    return open_head(worth);
}

bool Spool::is_held(const FrameHeader& header) const {
    return header.kind != FrameKind::state &&
           header.seq > state_.acked[index(lane_of(header.kind))];
}

void Spool::note_written(Sector& sector, const FrameHeader& header) {
    sector.kinds = static_cast<std::uint8_t>(sector.kinds | bit(header.kind));
    if (header.kind == FrameKind::state) return;
    const std::size_t lane = index(lane_of(header.kind));
    if (sector.first_seq[lane] == 0) sector.first_seq[lane] = header.seq;
    sector.last_seq[lane] = header.seq;
    if (is_held(header)) {
        ++sector.held[lane];
        ++held_[lane];
    }
}

// A failed program leaves the rest of the sector in doubt: it takes nothing more.
bool Spool::program_frame(const FrameHeader& header, Sector& into, std::uint32_t sector) {
    const std::uint32_t bytes = frame_bytes(header.payload_bytes);
    seal_frame(header, into.generation, memory_.frame);
    if (!program(sector, into.used_bytes, memory_.frame.first(bytes))) {
        into.open_ended = false;
        return false;
    }
    into.used_bytes += bytes;
    note_written(into, header);
    return true;
}

Result<void, Errc> Spool::put_frame(const FrameHeader& header, Level worth) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (auto room = ensure_head(frame_bytes(header.payload_bytes), worth); !room) return room;
        if (program_frame(header, *head(), memory_.log[log_count_ - 1])) return {};
    }
    return fail(Errc::unavailable);
}

Result<SpoolSeq, Errc> Spool::append(FrameKind kind, std::size_t payload_bytes) {
    const Lane lane = lane_of(kind);
    SpoolSeq& next = state_.next_seq[index(lane)];
    if (payload_bytes == 0 || payload_bytes > kRecordBytesMax) return fail(Errc::invalid);
    if (next == UINT32_MAX) return fail(Errc::exhausted);
    const FrameHeader header{static_cast<std::uint32_t>(payload_bytes), kind, next};
    const Level worth = kind == FrameKind::reading ? Level::readings
                        : kind == FrameKind::usage ? Level::usage
                        : kind == FrameKind::fault ? Level::faults
                                                   : Level::lifecycle;
    const std::uint32_t code =
        kind == FrameKind::fault ? stored_fault_code(payload_buffer().first(payload_bytes)) : 0;
    const auto put = put_frame(header, worth);
    if (!put) {
        // What was refused for lack of room is a loss like any other: it takes a seq, so that the
        // gap tells of it. A failed write takes one too, because its bytes may have reached the
        // storage.
        if (put.error() != Errc::invalid) ++next;
        if (put.error() == Errc::exhausted)
            ++state_.dropped[static_cast<std::size_t>(class_of(kind))];
        return fail(put.error());
    }
    if (kind == FrameKind::fault) faults_.note(code, next);
    return next++;
}

Result<void, Errc> Spool::append_state() {
    // It may push out any record that is not in flight: what it holds (boot, acknowledgements,
    // consent) is worth more. Making room uses up serials, so the content is encoded when the room
    // is there.
    if (auto room = ensure_head(kStateFrameBytes, Level::anything); !room) {
        return put_state_in_reserve() ? Result<void, Errc>{} : room;
    }
    ++state_.serial;
    state_.void_first = state_.void_last = 0;
    encode_state(state_, memory_.frame.subspan<kFrameHeaderBytes, kStateBytes>());
    const FrameHeader header{kStateBytes, FrameKind::state, 0};
    if (!program_frame(header, *head(), memory_.log[log_count_ - 1]))
        return fail(Errc::unavailable);
    written_acked_ = state_.acked;
    return {};
}

bool Spool::put_state_in_reserve() {
    Sector* h = head();
    if (h == nullptr || !h->open_ended ||
        h->used_bytes + kStateFrameBytes > storage_.sector_bytes) {
        return false;
    }
    ++state_.serial;
    // The frame buffer may hold a record that waits for this very room: write from the stack.
    std::array<std::byte, kStateFrameBytes> bytes;
    encode_state(state_, std::span{bytes}.subspan<kFrameHeaderBytes, kStateBytes>());
    seal_frame({kStateBytes, FrameKind::state, 0}, h->generation, bytes);
    if (!program(memory_.log[log_count_ - 1], h->used_bytes, bytes)) {
        h->open_ended = false;
        return false;
    }
    h->used_bytes += kStateFrameBytes;
    written_acked_ = state_.acked;
    return true;
}

void Spool::acked(Lane lane, SpoolSeq through) {
    const std::size_t l = index(lane);
    const SpoolSeq before = state_.acked[l];
    if (through <= before) return;
    for (std::size_t i = 0; i < log_count_; ++i) {
        Sector& sector = memory_.sectors[memory_.log[i]];
        if (sector.held[l] == 0 || sector.first_seq[l] > through) continue;
        std::uint16_t gone = 0;
        if (sector.last_seq[l] <= through) {
            gone = sector.held[l];
        } else {
            SectorReader frames = reader(memory_.log[i], data_begin());
            for (FrameView frame; frames.next(frame);) {
                const bool of_lane =
                    frame.header.kind != FrameKind::state && lane_of(frame.header.kind) == lane;
                if (of_lane && frame.header.seq > before && frame.header.seq <= through) ++gone;
            }
            gone = std::min(gone, sector.held[l]);
        }
        sector.held[l] = static_cast<std::uint16_t>(sector.held[l] - gone);
        held_[l] -= gone;
    }
    state_.acked[l] = through;
    full_for_ = Level::nothing;
    if (through > sent_[l]) sent_[l] = through;
    if (lane == Lane::urgent) faults_.acked(through);
}

bool Spool::find_after(Lane lane, SpoolSeq after, FrameView& frame) {
    const std::size_t l = index(lane);
    after = std::max(after, state_.acked[l]);
    Cursor& cursor = cursor_[l];
    for (std::size_t i = 0; i < log_count_; ++i) {
        const std::uint32_t id = memory_.log[i];
        const Sector& sector = memory_.sectors[id];
        if (sector.held[l] == 0 || sector.last_seq[l] <= after) continue;
        const bool known =
            cursor.generation == sector.generation && cursor.sector == id && cursor.after <= after;
        SectorReader frames = reader(id, known ? cursor.offset : data_begin());
        while (frames.next(frame)) {
            if (frame.header.kind == FrameKind::state || lane_of(frame.header.kind) != lane)
                continue;
            if (frame.header.seq <= after) continue;
            const auto size = static_cast<std::uint32_t>(frame.bytes.size());
            cursor = {id, sector.generation, frame.offset + size, frame.header.seq};
            return true;
        }
        // What cannot be read now is not lost: going on behind it would declare it so.
        if (frames.failed()) return false;
    }
    return false;
}

SpoolSeq Spool::oldest(Lane lane) {
    const std::size_t l = index(lane);
    if (held_[l] == 0) return state_.next_seq[l];
    const Cursor saved = cursor_[l];
    FrameView frame;
    const bool found = find_after(lane, state_.acked[l], frame);
    cursor_[l] = saved;
    return found ? frame.header.seq : state_.next_seq[l];
}

}  // namespace aftercare::agent
