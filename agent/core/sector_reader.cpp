#include "agent/core/sector_reader.hpp"

#include <algorithm>
#include <cstring>

namespace aftercare::agent {

void SectorReader::begin(const Place& place) {
    place_ = place;
    walk_ = {};
    walk_.at = walk_.window_at = walk_.tail = place.begin;
}

std::span<std::byte> SectorReader::ahead() const {
    const std::uint32_t passed = walk_.at - walk_.window_at;
    return window_.subspan(passed, walk_.window_used - passed);
}

// Moves what is left to the front and reads on behind it, so that no byte is read twice.
bool SectorReader::fill() {
    const auto left = ahead();
    std::memmove(window_.data(), left.data(), left.size());
    walk_.window_at = walk_.at;
    walk_.window_used = static_cast<std::uint32_t>(left.size());
    const std::uint32_t from = walk_.window_at + walk_.window_used;
    const auto room = static_cast<std::uint32_t>(window_.size() - left.size());
    const std::uint32_t count = std::min(room, place_.end - from);
    if (!storage_.read(storage_.context, place_.sector, from,
                       window_.subspan(left.size(), count))) {
        ++read_errors_;
        walk_.failed = true;
        return false;
    }
    walk_.window_used += count;
    return true;
}

// A damaged stretch counts as lost frames unless its first frame was never written to its end.
void SectorReader::end_stretch() {
    if (walk_.damaged_words > 1 && !walk_.stretch_was_torn) ++walk_.corrupt;
    walk_.damaged_words = 0;
}

bool SectorReader::next() {
    while (walk_.at < place_.end) {
        const std::uint32_t need = std::min(kFrameBytesMax, place_.end - walk_.at);
        if (ahead().size() < need && !fill()) break;
        const auto bytes = ahead();
        std::uint64_t word = 0;
        static_assert(sizeof word == kFrameAlignment);
        std::memcpy(&word, bytes.data(), sizeof word);
        if (word == UINT64_MAX) {  // blank
            walk_.at += kFrameAlignment;
            continue;
        }
        const bool plausible = plausible_frame(bytes, frame_.header);
        const std::uint32_t total = frame_bytes(frame_.header.payload_bytes);
        const bool complete = plausible && total <= bytes.size();
        if (complete && frame_intact(frame_.header, bytes, place_.generation)) {
            end_stretch();
            frame_.offset = walk_.at;
            frame_.bytes = bytes.first(total);
            walk_.at += total;
            walk_.tail = walk_.at;
            walk_.tail_damaged = false;
            return true;
        }
        if (walk_.damaged_words++ == 0) {
            walk_.stretch_was_torn = complete && bytes[total - 1] == std::byte{0xFF};
        }
        walk_.tail_damaged = true;
        walk_.at += kFrameAlignment;
    }
    end_stretch();
    return false;
}

}  // namespace aftercare::agent
