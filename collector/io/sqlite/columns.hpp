// Values of one kind stored side by side, because like compresses best beside like: numbers as
// sequences (sequence.hpp), texts of equal length as planes (all first bytes, all second bytes …),
// and four bytes that hold decimal fractions as a sequence of their units. What is read comes back
// in the order in which it was written, per column.
// Private to collector/io/sqlite. The format: docs/database.md, "A chunk's bytes".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/sqlite/sequence.hpp"

namespace aftercare::collector::sqlite {

using ColumnKey = std::uint64_t;

/// Columns in the order in which they were first met. Messages of one kind name their columns in
/// the same order again and again, so the next one is nearly always the one behind the last.
template <typename Column>
class ColumnList {
  public:
    struct Entry {
        ColumnKey key;
        Column column;
    };

    Column& operator[](ColumnKey key) {
        for (std::size_t seen = 0; seen < entries_.size(); ++seen) {
            if (++at_ >= entries_.size()) at_ = 0;
            if (entries_[at_].key == key) return entries_[at_].column;
        }
        at_ = entries_.size();
        return entries_.emplace_back(Entry{key, {}}).column;
    }
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  private:
    std::vector<Entry> entries_;
    std::size_t at_ = 0;
};

/// How columns are written. The first one is read for ever.
enum class ColumnFormat : std::uint8_t { first = 1, sequences = 2 };

class ColumnWriter {
  public:
    void number(ColumnKey key, std::uint64_t value) { columns_[key].numbers.push_back(value); }
    void text(ColumnKey key, std::string_view value);
    /// The columns one after the other; each part is best compressed on its own.
    [[nodiscard]] std::vector<std::string> parts() const;

  private:
    struct Column {
        Numbers numbers;                ///< values, or lengths of texts
        ColumnList<std::string> texts;  ///< by length, one after the other
    };
    ColumnList<Column> columns_;
};

class ColumnReader {
  public:
    ColumnReader(std::string_view bytes, ColumnFormat format);

    std::uint64_t number(ColumnKey key);
    void append_text(ColumnKey key, std::string& into);
    /// False once something could not be read; everything reads as empty from then on.
    [[nodiscard]] bool ok() const { return ok_; }

  private:
    struct Group {
        std::string texts;  ///< one after the other
        std::size_t next = 0;
    };
    struct Column {
        Numbers numbers;
        std::size_t next = 0;
        ColumnList<Group> groups;  ///< by length
    };
    void read(VarintReader& in);
    void read_first_format(VarintReader& in);
    std::uint64_t take(Column& column);

    ColumnList<Column> columns_;
    bool ok_ = true;
};

}  // namespace aftercare::collector::sqlite
