#include "collector/io/sqlite/columns.hpp"

#include <array>

namespace aftercare::collector::sqlite {

namespace {

/// How often two bytes picked at random are equal, times a constant: more is easier to compress.
std::uint64_t sameness(std::string_view bytes) {
    std::array<std::uint32_t, 256> counts{};
    for (const char byte : bytes) ++counts[static_cast<std::uint8_t>(byte)];
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts) sum += count * count;
    return sum;
}

/// Byte `position` of each text of `length` bytes; a leading 1 when they are differences to the
/// text before, which is what slowly varying values want.
std::string plane_of(std::string_view texts, std::size_t length, std::size_t position) {
    std::string values(1, '\0');
    std::string differences(1, '\1');
    char before = 0;
    for (std::size_t at = position; at < texts.size(); at += length) {
        values += texts[at];
        differences += static_cast<char>(texts[at] - before);
        before = texts[at];
    }
    return sameness(differences) > sameness(values) ? differences : values;
}

}  // namespace

void ColumnWriter::number(ColumnKey key, std::uint64_t value) {
    Column& column = columns_[key];
    put_varint(column.numbers, zigzag(value - column.last));
    column.last = value;
}

void ColumnWriter::text(ColumnKey key, std::string_view value) {
    number(key, value.size());
    if (!value.empty()) columns_[key].texts[value.size()] += value;
}

std::vector<std::string> ColumnWriter::parts() const {
    std::vector<std::string> parts;
    std::string head;
    put_varint(head, columns_.size());
    for (const auto& [key, column] : columns_) {
        put_varint(head, key);
        put_varint(head, column.numbers.size());
        parts.push_back(std::move(head) + column.numbers);
        head.clear();
        put_varint(head, column.texts.size());
        for (const auto& [length, texts] : column.texts) {
            put_varint(head, length);
            put_varint(head, texts.size() / length);
            for (std::size_t position = 0; position < length; ++position) {
                parts.push_back(std::move(head) + plane_of(texts, length, position));
                head.clear();
            }
        }
    }
    parts.push_back(std::move(head));
    return parts;
}

ColumnReader::ColumnReader(std::string_view bytes) {
    VarintReader in(bytes);
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        Column& column = columns_[in.varint()];
        column.numbers = VarintReader(in.take(in.varint()));
        read_groups(in, column);
    }
    ok_ = in.ok() && in.at_end();
}

void ColumnReader::read_groups(VarintReader& in, Column& column) {
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        const std::uint64_t length = in.varint();
        const std::uint64_t count = in.varint();
        Group& group = column.groups[length];
        for (std::uint64_t position = 0; position < length && in.ok(); ++position) {
            const bool differences = in.varint() != 0;
            group.planes.push_back({differences, in.take(count)});
        }
        group.last.assign(group.planes.size(), '\0');
    }
}

std::uint64_t ColumnReader::number(ColumnKey key) {
    Column& column = columns_[key];
    column.last += unzigzag(column.numbers.varint());
    ok_ = ok_ && column.numbers.ok();
    return column.last;
}

void ColumnReader::append_text(ColumnKey key, std::string& into) {
    const std::uint64_t length = number(key);
    if (length == 0 || !ok_) return;
    Group& group = columns_[key].groups[length];
    if (group.planes.size() != length || group.next >= group.planes.front().bytes.size()) {
        ok_ = false;
        return;
    }
    for (std::size_t i = 0; i < group.planes.size(); ++i) {
        const Plane& plane = group.planes[i];
        const char byte = plane.bytes[group.next];
        group.last[i] = plane.differences ? static_cast<char>(group.last[i] + byte) : byte;
    }
    ++group.next;
    into += group.last;
}

}  // namespace aftercare::collector::sqlite
