#include "proto/wire_reader.hpp"

namespace aftercare::proto {

std::string_view WireReader::bytes() {
    const std::uint64_t size = varint_of(kTagBytesMax);
    if (!ok_ || size > static_cast<std::uint64_t>(end_ - at_)) {
        ok_ = false;
        return {};
    }
    const std::string_view part(at_, static_cast<std::size_t>(size));
    at_ += size;
    return part;
}

void WireReader::skip_value(int depth) {
    switch (type_) {
        case WireType::varint:
            varint();
            return;
        case WireType::fixed64:
            fixed64();
            return;
        case WireType::bytes:
            bytes();
            return;
        case WireType::fixed32:
            fixed32();
            return;
        case WireType::group:
        case WireType::end_group:
            break;
    }
    if (depth == 0) ok_ = false;
    const std::uint32_t group = number_;
    while (ok_ && at_ != end_) {
        const auto tag = static_cast<std::uint32_t>(varint_of(kTagBytesMax));
        number_ = tag >> 3;
        type_ = static_cast<WireType>(tag & 7);
        if (ok_ && type_ == WireType::end_group && number_ == group) return;
        if (number_ == 0 || type_ == WireType::end_group || (tag & 7) > 5) ok_ = false;
        if (ok_) skip_value(depth - 1);
    }
    ok_ = false;
}

bool valid_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at != end) {
        const unsigned first = *at++;
        if (first < 0x80) continue;
        const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || end - at < more) return false;
        const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (*at < lowest || *at > highest) return false;
        for (int i = 1; i < more; ++i) {
            if (at[i] < 0x80 || at[i] > 0xBF) return false;
        }
        at += more;
    }
    return true;
}

}  // namespace aftercare::proto
