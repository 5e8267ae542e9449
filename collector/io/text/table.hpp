// Tables for people at a terminal: aligned by what the eye sees (UTF-8, wide characters), numbers
// to the right, never wider than the screen, colour only where wanted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aftercare::collector {

/// What stdout is.
struct Terminal {
    bool colour = false;
    std::size_t width = 0;         ///< columns; 0 = unlimited (a pipe or file)
    bool talk_is_watched = false;  ///< stderr is a terminal: progress is worth a line
};

/// `file_descriptor` is where data goes. A TTY without NO_COLOR gets colour; its width is asked
/// for, else COLUMNS, else 80.
Terminal terminal_of(int file_descriptor);

/// Columns that `text` takes on screen. Pre: UTF-8; broken bytes count one each.
std::size_t display_width(std::string_view text);

struct Column {
    std::string title;
    enum class Align : unsigned char { left, right } align = Align::left;
    bool may_shrink = false;  ///< cut with "…" when the table is too wide
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// One cell per column; missing ones are empty.
    void add(std::vector<std::string> cells);
    /// A line of its own above the rows that follow.
    void add_heading(std::string title);
    [[nodiscard]] std::string text(const Terminal& terminal) const;
    [[nodiscard]] bool empty() const { return rows_.empty(); }

  private:
    struct Row {
        std::vector<std::string> cells;
        bool heading = false;
    };
    [[nodiscard]] std::vector<std::size_t> widths(const Terminal& terminal) const;
    void append_cells(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                      std::string& out) const;

    std::vector<Column> columns_;
    std::vector<Row> rows_;
};

}  // namespace aftercare::collector
