// Values of one kind stored side by side, because like compresses best beside like: numbers as
// differences to the one before, texts of equal length as planes (all first bytes, all second
// bytes …). What is read comes back in the order in which it was written, per column.
// Private to collector/io/sqlite. The format: docs/database.md, "A chunk's bytes".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/sqlite/varint.hpp"

namespace aftercare::collector::sqlite {

using ColumnKey = std::uint64_t;

class ColumnWriter {
  public:
    void number(ColumnKey key, std::uint64_t value);
    void text(ColumnKey key, std::string_view value);
    /// The columns one after the other; each part is best compressed on its own.
    [[nodiscard]] std::vector<std::string> parts() const;

  private:
    struct Column {
        std::uint64_t last = 0;
        std::string numbers;                         ///< values, or lengths of texts
        std::map<std::uint64_t, std::string> texts;  ///< by length, one after the other
    };
    std::map<ColumnKey, Column> columns_;
};

class ColumnReader {
  public:
    /// Lifetime: of `bytes`.
    explicit ColumnReader(std::string_view bytes);

    std::uint64_t number(ColumnKey key);
    void append_text(ColumnKey key, std::string& into);
    /// False once something could not be read; everything reads as empty from then on.
    [[nodiscard]] bool ok() const { return ok_; }

  private:
    struct Plane {
        bool differences = false;
        std::string_view bytes;
    };
    struct Group {
        std::size_t next = 0;
        std::vector<Plane> planes;
        std::string last;
    };
    struct Column {
        std::uint64_t last = 0;
        VarintReader numbers{{}};
        std::map<std::uint64_t, Group> groups;
    };
    void read_groups(VarintReader& in, Column& column);

    std::map<ColumnKey, Column> columns_;
    bool ok_ = true;
};

}  // namespace aftercare::collector::sqlite
