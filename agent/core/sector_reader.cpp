#include "agent/core/sector_reader.hpp"

#include <algorithm>
#include <cstring>

namespace aftercare::agent {

std::span<std::byte> SectorReader::ahead() const {
    if (at_ < window_at_ || at_ >= window_at_ + window_used_) return {};
    return window_.subspan(at_ - window_at_, window_used_ - (at_ - window_at_));
}

// Moves what is left to the front and reads on behind it, so that no byte is read twice.
bool SectorReader::fill() {
    const auto left = ahead();
    if (!left.empty()) std::memmove(window_.data(), left.data(), left.size());
    window_at_ = at_;
    window_used_ = static_cast<std::uint32_t>(left.size());
    const std::uint32_t from = window_at_ + window_used_;
    const auto room = static_cast<std::uint32_t>(window_.size()) - window_used_;
    const std::uint32_t count = std::min(room, place_.end - from);
    if (count == 0) return true;
    if (!storage_.read(storage_.context, place_.sector, from,
                       window_.subspan(window_used_, count))) {
        failed_ = true;
        ++errors_;
        return false;
    }
    window_used_ += count;
    return true;
}

// A damaged stretch counts as lost frames unless its first frame was never written to its end.
void SectorReader::pass_damage(std::span<const std::byte> bytes) {
    if (damaged_words_ == 0) {
        FrameHeader header;
        stretch_was_torn_ = false;
        if (plausible_frame(bytes, header)) {
            const std::uint32_t total = frame_bytes(header.payload_bytes);
            stretch_was_torn_ = total <= bytes.size() && bytes[total - 1] == std::byte{0xFF};
        }
    }
    ++damaged_words_;
    tail_blank_ = false;
    at_ += kFrameAlignment;
}

bool SectorReader::next(FrameView& frame) {
    const auto end_stretch = [&] {
        const bool torn = stretch_was_torn_ || damaged_words_ <= 1;
        if (damaged_words_ > 0 && !torn) ++corrupt_;
        damaged_words_ = 0;
    };
    while (!failed_ && at_ < place_.end) {
        const std::uint32_t need = std::min(kFrameBytesMax, place_.end - at_);
        if (ahead().size() < need && !fill()) return false;
        const auto bytes = ahead();
        const auto word = bytes.first(std::min<std::size_t>(kFrameAlignment, bytes.size()));
        if (blank(word)) {
            at_ += kFrameAlignment;
            continue;
        }
        FrameHeader header;
        const bool plausible = plausible_frame(bytes, header);
        const std::uint32_t total = plausible ? frame_bytes(header.payload_bytes) : 0;
        if (!plausible || total > bytes.size() || !frame_intact(bytes, place_.generation)) {
            pass_damage(bytes);
            continue;
        }
        end_stretch();
        frame = {header, at_, bytes.first(total)};
        at_ += total;
        tail_ = at_;
        tail_blank_ = true;
        return true;
    }
    end_stretch();
    return false;
}

}  // namespace aftercare::agent
