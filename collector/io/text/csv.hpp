// CSV as RFC 4180 has it: one writer that a spreadsheet cannot be tricked by, one reader that knows
// lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace aftercare::collector {

/// Appends rows to `out`. A text that starts with = + - @ tab or CR is led by an apostrophe, so
/// that no spreadsheet runs it as a formula; numbers are written as numbers.
class CsvWriter {
  public:
    enum class LineEnd : std::uint8_t { crlf, lf };  ///< files and HTTP; terminals and pipes

    explicit CsvWriter(std::string& out, LineEnd line_end = LineEnd::crlf)
        : out_(out), line_end_(line_end) {}

    CsvWriter& text(std::string_view value);
    /// Shortest form that reads back to the same double; nothing when not finite.
    CsvWriter& number(double value);
    CsvWriter& number(std::uint64_t value);
    CsvWriter& blank();
    void end_row();
    /// A header row.
    void header(const std::vector<std::string_view>& names);

  private:
    void separate();

    std::string& out_;
    LineEnd line_end_;
    bool row_begun_ = false;
};

struct CsvRow {
    std::size_t line = 0;  ///< of its first character, 1-based
    std::vector<std::string> cells;
};

/// Rows of a text with a header row. Quoted cells may hold commas, quotes ("") and line breaks;
/// CRLF, LF and a byte-order mark are accepted; empty lines are skipped.
class CsvReader {
  public:
    /// Errors: invalid (no header, a name twice).  Lifetime: `text` outlives the reader.
    static Result<CsvReader> create(std::string_view text);

    /// The next row, or nothing at the end. A row with the wrong number of cells or a broken quote
    /// is an error of that row (message without file name, starting "line N: "); reading goes on
    /// after it.
    std::optional<Result<CsvRow>> next();
    [[nodiscard]] const std::vector<std::string>& header() const { return header_; }
    /// Place of a column, or nothing.
    [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;

  private:
    explicit CsvReader(std::string_view text) : text_(text) {}
    Result<CsvRow> read_row();
    std::string read_quoted(bool& broken);
    void skip_line();

    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t line_ = 1;
    std::vector<std::string> header_;
};

}  // namespace aftercare::collector
