#include "collector/io/sqlite/columns.hpp"

#include <algorithm>
#include <array>

namespace aftercare::collector::sqlite {

namespace {

/// How often two bytes picked at random are equal, times a constant: more is easier to compress.
class Sameness {
  public:
    void add(char byte) { sum_ += 2 * counts_[static_cast<std::uint8_t>(byte)]++ + 1; }
    [[nodiscard]] std::uint64_t sum() const { return sum_; }

  private:
    std::array<std::uint64_t, 256> counts_{};
    std::uint64_t sum_ = 0;  ///< of the squares of the counts
};

/// Appends byte `position` of each text of `length` bytes; a leading 1 when they are differences to
/// the text before, which is what slowly varying values want.
void append_plane(std::string_view texts, std::size_t length, std::size_t position,
                  std::string& bytes) {
    Sameness values;
    Sameness differences;
    char before = 0;
    for (std::size_t at = position; at < texts.size(); at += length) {
        values.add(texts[at]);
        differences.add(static_cast<char>(texts[at] - before));
        before = texts[at];
    }
    const bool differ = differences.sum() > values.sum();
    bytes += differ ? '\1' : '\0';
    before = 0;
    for (std::size_t at = position; at < texts.size(); at += length) {
        bytes += static_cast<char>(texts[at] - before);
        if (differ) before = texts[at];
    }
}

/// The entries of a list by key: what is written does not depend on which column came first.
template <typename Column>
auto by_key(const ColumnList<Column>& list) {
    std::vector<const typename ColumnList<Column>::Entry*> sorted;
    for (const auto& entry : list.entries()) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->key < b->key; });
    return sorted;
}

}  // namespace

void ColumnWriter::put(Column& column, std::uint64_t value) {
    put_varint(column.numbers, zigzag(value - column.last));
    column.last = value;
}

void ColumnWriter::number(ColumnKey key, std::uint64_t value) {
    put(columns_[key], value);
}

void ColumnWriter::text(ColumnKey key, std::string_view value) {
    Column& column = columns_[key];
    put(column, value.size());
    if (!value.empty()) column.texts[value.size()] += value;
}

std::vector<std::string> ColumnWriter::parts() const {
    std::vector<std::string> parts;
    std::string head;
    put_varint(head, columns_.entries().size());
    for (const auto* entry : by_key(columns_)) {
        const Column& column = entry->column;
        put_varint(head, entry->key);
        put_varint(head, column.numbers.size());
        parts.push_back(std::move(head) + column.numbers);
        head.clear();
        put_varint(head, column.texts.entries().size());
        for (const auto* group : by_key(column.texts)) {
            const std::size_t length = group->key;
            put_varint(head, length);
            put_varint(head, group->column.size() / length);
            for (std::size_t position = 0; position < length; ++position) {
                append_plane(group->column, length, position, head);
                parts.push_back(std::move(head));
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
        // Each text of each plane lies in what is left to read, so sizes need no other bound.
        const std::size_t unread = in.left();
        if (length == 0 || count > unread || length > unread / std::max<std::uint64_t>(count, 1)) {
            return in.spoil();
        }
        std::string& texts = column.groups[length].texts;
        texts.assign(length * count, '\0');
        for (std::uint64_t position = 0; position < length && in.ok(); ++position) {
            const bool differences = in.varint() != 0;
            char before = 0;
            std::size_t at = position;
            for (const char byte : in.take(count)) {
                texts[at] = static_cast<char>(before + byte);
                if (differences) before = texts[at];
                at += length;
            }
        }
    }
}

std::uint64_t ColumnReader::take(Column& column) {
    column.last += unzigzag(column.numbers.varint());
    ok_ = ok_ && column.numbers.ok();
    return column.last;
}

std::uint64_t ColumnReader::number(ColumnKey key) {
    return take(columns_[key]);
}

void ColumnReader::append_text(ColumnKey key, std::string& into) {
    Column& column = columns_[key];
    const std::uint64_t length = take(column);
    if (length == 0 || !ok_) return;
    Group& group = column.groups[length];
    if (group.next + length > group.texts.size()) {
        ok_ = false;
        return;
    }
    into.append(group.texts, group.next, length);
    group.next += length;
}

}  // namespace aftercare::collector::sqlite
