#include "collector/io/text/table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <numeric>

namespace aftercare::collector {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShrunkWidthMin = 8;

struct CodePoint {
    char32_t value = 0;
    std::size_t size = 1;  ///< bytes
};

CodePoint code_point_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead >= 0x80 && lead < 0xC0) return {0xFFFD, 1};
    if (at + size > text.size()) return {0xFFFD, 1};
    char32_t value = size == 1 ? lead : lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[at + i]);
        if ((next & 0xC0U) != 0x80) return {0xFFFD, 1};
        value = value << 6U | (next & 0x3FU);
    }
    return {value, size};
}

struct Range {
    char32_t first, last;
};

template <std::size_t kCount>
bool in_any(const std::array<Range, kCount>& ranges, char32_t value) {
    return std::any_of(ranges.begin(), ranges.end(), [value](const Range& range) {
        return value >= range.first && value <= range.last;
    });
}

/// The blocks that matter of Unicode 15: combining marks take no column, East Asian wide ones and
/// pictographs take two.  Source: UAX #11, UnicodeData general category Mn.
std::size_t width_of(char32_t value) {
    static constexpr std::array<Range, 4> kNone{
        {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
    static constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                                 {0x2E80, 0xA4CF},
                                                 {0xAC00, 0xD7A3},
                                                 {0xF900, 0xFAFF},
                                                 {0xFE30, 0xFE6F},
                                                 {0xFF00, 0xFF60},
                                                 {0xFFE0, 0xFFE6},
                                                 {0x1F300, 0x1FAFF},
                                                 {0x20000, 0x3FFFD}}};
    if (in_any(kNone, value)) return 0;
    return in_any(kWide, value) ? 2 : 1;
}

/// Control characters would move the cursor: a device or a technician may have typed any.
std::string printable(std::string_view text) {
    std::string clean(text);
    for (char& c : clean) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return clean;
}

std::string cut_to(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    std::string result;
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint next = code_point_at(text, at);
        if (used + width_of(next.value) + 1 > width) break;
        used += width_of(next.value);
        result += text.substr(at, next.size);
        at += next.size;
    }
    return result + "…";
}

}  // namespace

Terminal terminal_of(int file_descriptor) {
    Terminal terminal;
    terminal.talk_is_watched = isatty(STDERR_FILENO) != 0;
    if (isatty(file_descriptor) == 0) return terminal;
    const char* no_colour = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    terminal.colour = (no_colour == nullptr || *no_colour == '\0') &&
                      (kind == nullptr || std::string_view(kind) != "dumb");
    terminal.width = 80;
    winsize size{};
    if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal.width = size.ws_col;
    } else if (const char* columns = std::getenv("COLUMNS")) {
        const long count = std::strtol(columns, nullptr, 10);
        if (count > 0) terminal.width = static_cast<std::size_t>(count);
    }
    return terminal;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint next = code_point_at(text, at);
        width += width_of(next.value);
        at += next.size;
    }
    return width;
}

void Table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    for (std::string& cell : cells) cell = printable(cell);
    rows_.push_back({std::move(cells), false});
}

void Table::add_heading(std::string title) {
    rows_.push_back({{printable(title)}, true});
}

std::vector<std::size_t> Table::widths(const Terminal& terminal) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = display_width(columns_[i].title);
        for (const Row& row : rows_) {
            if (!row.heading) width = std::max(width, display_width(row.cells[i]));
        }
        widths.push_back(width);
    }
    const auto total = [&] {
        return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
               kGap * (columns_.size() - 1);
    };
    // The widest column that may shrink gives first.
    while (terminal.width > 0 && total() > terminal.width) {
        std::size_t widest = columns_.size();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (!columns_[i].may_shrink || widths[i] <= kShrunkWidthMin) continue;
            if (widest == columns_.size() || widths[i] > widths[widest]) widest = i;
        }
        if (widest == columns_.size()) break;
        --widths[widest];
    }
    return widths;
}

void Table::append_cells(const std::vector<std::string>& cells,
                         const std::vector<std::size_t>& widths, std::string& out) const {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::string cell = cut_to(cells[i], widths[i]);
        const std::string padding(widths[i] - std::min(widths[i], display_width(cell)), ' ');
        if (i > 0) line += std::string(kGap, ' ');
        line += columns_[i].align == Column::Align::right ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line;
}

std::string Table::text(const Terminal& terminal) const {
    const std::string bold = terminal.colour ? "\x1b[1m" : "";
    const std::string dim = terminal.colour ? "\x1b[2m" : "";
    const std::string plain = terminal.colour ? "\x1b[0m" : "";
    const std::vector<std::size_t> column_widths = widths(terminal);
    std::vector<std::string> titles;
    std::size_t width = kGap * (columns_.size() - 1);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        titles.push_back(columns_[i].title);
        width += column_widths[i];
    }
    std::string out = bold;
    append_cells(titles, column_widths, out);
    out += plain + "\n" + dim;
    for (std::size_t i = 0; i < width; ++i) out += "─";
    out += plain + "\n";
    bool first = true;
    for (const Row& row : rows_) {
        if (row.heading) {
            out += (first ? "" : "\n") + bold + row.cells[0] + plain;
        } else {
            append_cells(row.cells, column_widths, out);
        }
        out += "\n";
        first = false;
    }
    return out;
}

}  // namespace aftercare::collector
