#include "collector/io/sqlite/columns.hpp"

#include <algorithm>
#include <optional>

#include "collector/io/sqlite/decimal.hpp"

namespace aftercare::collector::sqlite {

namespace {

/// What a byte position of texts, or four of them, are written as. From kDecimals on: fractions of
/// so many decimals.
enum LaneCode : std::uint64_t { kSame, kValues, kDifferences, kDecimals };
constexpr std::size_t kFloatBytes = 4;

/// One byte position of each text of `length` bytes.
std::string plane_of(std::string_view texts, std::size_t length, std::size_t position) {
    std::string plane;
    plane.reserve(texts.size() / length);
    for (std::size_t at = position; at < texts.size(); at += length) plane += texts[at];
    return plane;
}

/// To the one before, which is what slowly varying values want.
std::string differences_in(const std::string& plane) {
    std::string differences = plane;
    for (std::size_t i = plane.size(); i-- > 1;) {
        differences[i] = static_cast<char>(plane[i] - plane[i - 1]);
    }
    return differences;
}

void undo_differences(std::string& plane) {
    for (std::size_t i = 1; i < plane.size(); ++i) {
        plane[i] = static_cast<char>(plane[i] + plane[i - 1]);
    }
}

std::uint32_t float_bits_at(std::string_view texts, std::size_t at) {
    std::uint32_t bits = 0;
    for (std::size_t i = kFloatBytes; i-- > 0;) {
        bits = bits << 8 | static_cast<std::uint8_t>(texts[at + i]);
    }
    return bits;
}

/// Units of the floats at `position` of each text, with the fewest decimals that hold them all.
std::optional<Numbers> decimals_in(std::string_view texts, std::size_t length, std::size_t position,
                                   unsigned& decimals) {
    for (decimals = 0; decimals <= kDecimalsMax; ++decimals) {
        Numbers units;
        for (std::size_t at = position; at < texts.size(); at += length) {
            const auto unit = units_of(float_bits_at(texts, at), decimals);
            if (!unit) break;
            units.push_back(static_cast<std::uint64_t>(*unit));
        }
        if (units.size() == texts.size() / length) return units;
    }
    return std::nullopt;
}

/// Writes the texts of one length, position by position.
class TextsWriter {
  public:
    TextsWriter(std::string_view texts, std::size_t length, SequenceWriter& sequences,
                std::vector<std::string>& parts)
        : texts_(texts), length_(length), sequences_(sequences), parts_(parts) {}

    void put_all() {
        for (std::size_t position = 0; position < length_;) {
            const bool four = put_decimals(position);
            if (!four) put_plane(position);
            position += four ? kFloatBytes : 1;
        }
    }

  private:
    struct Lane {
        LaneCode code = kValues;
        std::string plane;
        double bits = 0;
    };
    [[nodiscard]] Lane lane_at(std::size_t position) const {
        std::string values = plane_of(texts_, length_, position);
        if (values.find_first_not_of(values.front()) == std::string::npos) {
            return {kSame, values.substr(0, 1), 8};
        }
        std::string differences = differences_in(values);
        const double bits = bits_of(values);
        const double bits_differences = bits_of(differences);
        if (bits <= bits_differences) return {kValues, std::move(values), bits};
        return {kDifferences, std::move(differences), bits_differences};
    }
    void put_plane(std::size_t position) {
        Lane lane = lane_at(position);
        put_varint(parts_.back(), lane.code);
        if (lane.code == kSame) {
            parts_.back() += lane.plane;
            return;
        }
        parts_.push_back(std::move(lane.plane));
        parts_.emplace_back();
    }
    /// False when the four bytes are no decimal fractions, or no better as such.
    bool put_decimals(std::size_t position) {
        if (position + kFloatBytes > length_) return false;
        unsigned decimals = 0;
        const auto units = decimals_in(texts_, length_, position, decimals);
        if (!units) return false;
        const SequenceWriter::Plan plan = sequences_.plan(*units);
        double bits = 0;
        for (std::size_t i = 0; i < kFloatBytes; ++i) bits += lane_at(position + i).bits;
        if (plan.bits >= bits) return false;
        put_varint(parts_.back(), kDecimals + decimals);
        sequences_.put(*units, plan, parts_);
        return true;
    }

    std::string_view texts_;
    std::size_t length_;
    SequenceWriter& sequences_;
    std::vector<std::string>& parts_;
};

class TextsReader {
  public:
    TextsReader(VarintReader& in, SequenceReader& sequences) : in_(in), sequences_(sequences) {}

    /// `count` texts of `length` bytes, one after the other.
    std::string read(std::size_t length, std::size_t count) {
        std::string texts(length * count, '\0');
        for (std::size_t position = 0; position < length && in_.ok();) {
            const std::uint64_t code = in_.varint();
            if (code < kDecimals) {
                read_plane(texts, length, position++, count, static_cast<LaneCode>(code));
            } else if (code - kDecimals <= kDecimalsMax && position + kFloatBytes <= length) {
                read_decimals(texts, length, position, count,
                              static_cast<unsigned>(code - kDecimals));
                position += kFloatBytes;
            } else {
                in_.spoil();
            }
        }
        return texts;
    }

  private:
    void read_plane(std::string& texts, std::size_t length, std::size_t position, std::size_t count,
                    LaneCode code) {
        std::string plane{in_.take(code == kSame ? 1 : count)};
        if (code == kSame && in_.ok()) plane.resize(count, plane.front());
        if (code == kDifferences) undo_differences(plane);
        for (std::size_t i = 0; i < plane.size(); ++i) texts[i * length + position] = plane[i];
    }
    void read_decimals(std::string& texts, std::size_t length, std::size_t position,
                       std::size_t count, unsigned decimals) {
        const Numbers& units = sequences_.next(in_, count);
        for (std::size_t i = 0; i < units.size(); ++i) {
            std::uint32_t bits = float_bits_of(static_cast<std::int64_t>(units[i]), decimals);
            for (std::size_t byte = 0; byte < kFloatBytes; ++byte, bits >>= 8) {
                texts[i * length + position + byte] = static_cast<char>(bits & 0xFF);
            }
        }
    }

    VarintReader& in_;
    SequenceReader& sequences_;
};

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

void ColumnWriter::text(ColumnKey key, std::string_view value) {
    Column& column = columns_[key];
    column.numbers.push_back(value.size());
    if (!value.empty()) column.texts[value.size()] += value;
}

std::vector<std::string> ColumnWriter::parts() const {
    SequenceWriter sequences;
    std::vector<std::string> parts(1);
    put_varint(parts.back(), columns_.entries().size());
    for (const auto* entry : by_key(columns_)) {
        const Column& column = entry->column;
        put_varint(parts.back(), entry->key);
        put_varint(parts.back(), column.numbers.size());
        sequences.put(column.numbers, sequences.plan(column.numbers), parts);
        put_varint(parts.back(), column.texts.entries().size());
        for (const auto* group : by_key(column.texts)) {
            const auto length = static_cast<std::size_t>(group->key);
            put_varint(parts.back(), length);
            put_varint(parts.back(), group->column.size() / length);
            TextsWriter(group->column, length, sequences, parts).put_all();
        }
    }
    return parts;
}

ColumnReader::ColumnReader(std::string_view bytes, ColumnFormat format) {
    VarintReader in(bytes);
    if (format == ColumnFormat::first) {
        read_first_format(in);
    } else {
        read(in);
    }
    ok_ = in.ok() && in.at_end();
}

void ColumnReader::read(VarintReader& in) {
    SequenceReader sequences;
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        Column& column = columns_[in.varint()];
        column.numbers = sequences.next(in, in.varint());
        for (std::uint64_t groups = in.varint(); groups > 0 && in.ok(); --groups) {
            const std::uint64_t length = in.varint();
            const std::uint64_t count = in.varint();
            // Four bytes of text may take no byte here, but a number they do count as.
            if (length == 0 || count > kNumbersMax || length > kNumbersMax / (count + 1)) {
                return in.spoil();
            }
            TextsReader texts(in, sequences);
            column.groups[length].texts =
                texts.read(static_cast<std::size_t>(length), static_cast<std::size_t>(count));
        }
    }
}

// Numbers: differences as varints. Texts: planes, each led by 1 where it holds differences.
void ColumnReader::read_first_format(VarintReader& in) {
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        Column& column = columns_[in.varint()];
        VarintReader differences(in.take(in.varint()));
        std::uint64_t last = 0;
        while (!differences.at_end()) {
            last += unzigzag(differences.varint());
            column.numbers.push_back(last);
        }
        if (!differences.ok()) in.spoil();
        for (std::uint64_t groups = in.varint(); groups > 0 && in.ok(); --groups) {
            const std::uint64_t length = in.varint();
            const std::uint64_t count = in.varint();
            // Each text of each plane lies in what is left to read, so sizes need no other bound.
            const std::size_t unread = in.left();
            if (length == 0 || count > unread ||
                length > unread / std::max<std::uint64_t>(count, 1)) {
                return in.spoil();
            }
            std::string& texts = column.groups[length].texts;
            texts.assign(length * count, '\0');
            for (std::uint64_t position = 0; position < length && in.ok(); ++position) {
                const bool differs = in.varint() != 0;
                std::string plane{in.take(count)};
                if (differs) undo_differences(plane);
                for (std::size_t i = 0; i < plane.size(); ++i) {
                    texts[i * length + position] = plane[i];
                }
            }
        }
    }
}

std::uint64_t ColumnReader::take(Column& column) {
    if (column.next >= column.numbers.size()) ok_ = false;
    return ok_ ? column.numbers[column.next++] : 0;
}

std::uint64_t ColumnReader::number(ColumnKey key) {
    return take(columns_[key]);
}

void ColumnReader::append_text(ColumnKey key, std::string& into) {
    Column& column = columns_[key];
    const std::uint64_t length = take(column);
    if (length == 0 || !ok_) return;
    Group& group = column.groups[length];
    if (length > group.texts.size() - group.next) {
        ok_ = false;
        return;
    }
    into.append(group.texts, group.next, static_cast<std::size_t>(length));
    group.next += static_cast<std::size_t>(length);
}

}  // namespace aftercare::collector::sqlite
