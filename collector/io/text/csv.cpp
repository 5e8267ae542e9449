#include "collector/io/text/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace aftercare::collector {
namespace {

bool starts_a_formula(std::string_view value) {
    return !value.empty() && std::string_view("=+-@\t\r").find(value[0]) != std::string_view::npos;
}

bool needs_quotes(std::string_view value) {
    return value.find_first_of(",\"\r\n") != std::string_view::npos ||
           (!value.empty() && (value.front() == ' ' || value.back() == ' '));
}

}  // namespace

void CsvWriter::separate() {
    if (row_begun_) out_ += ',';
    row_begun_ = true;
}

CsvWriter& CsvWriter::text(std::string_view value) {
    separate();
    const bool guard = starts_a_formula(value);
    if (!needs_quotes(value)) {
        if (guard) out_ += '\'';
        out_ += value;
        return *this;
    }
    out_ += '"';
    if (guard) out_ += '\'';
    for (const char c : value) {
        if (c == '"') out_ += '"';
        out_ += c;
    }
    out_ += '"';
    return *this;
}

CsvWriter& CsvWriter::number(double value) {
    separate();
    if (!std::isfinite(value)) return *this;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    return *this;
}

CsvWriter& CsvWriter::number(std::uint64_t value) {
    separate();
    out_ += std::to_string(value);
    return *this;
}

CsvWriter& CsvWriter::blank() {
    separate();
    return *this;
}

void CsvWriter::end_row() {
    out_ += line_end_ == LineEnd::crlf ? "\r\n" : "\n";
    row_begun_ = false;
}

void CsvWriter::header(const std::vector<std::string_view>& names) {
    for (const std::string_view name : names) text(name);
    end_row();
}

Result<CsvReader> CsvReader::create(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.substr(0, 3) == kByteOrderMark) text.remove_prefix(3);
    CsvReader reader(text);
    std::optional<Result<CsvRow>> first = reader.next();
    if (!first) return fail(Errc::invalid, "empty: expected a header row");
    if (!*first) return fail(first->error());
    reader.header_ = std::move((*first)->cells);
    for (std::size_t i = 0; i < reader.header_.size(); ++i) {
        const auto begin = reader.header_.begin();
        const auto here = begin + static_cast<std::ptrdiff_t>(i);
        if (std::find(begin, here, *here) != here) {
            return fail(Errc::invalid, "line 1: column \"" + *here + "\" appears twice");
        }
    }
    return reader;
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found == header_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header_.begin());
}

std::optional<Result<CsvRow>> CsvReader::next() {
    while (position_ < text_.size() && (text_[position_] == '\n' || text_[position_] == '\r')) {
        if (text_[position_] == '\n') ++line_;
        ++position_;
    }
    if (position_ >= text_.size()) return std::nullopt;
    Result<CsvRow> row = read_row();
    if (row && !header_.empty() && row->cells.size() != header_.size()) {
        return fail(Errc::invalid,
                    "line " + std::to_string(row->line) + ": " + std::to_string(row->cells.size()) +
                        " cells where the header has " + std::to_string(header_.size()));
    }
    return row;
}

/// The cell after an opening quote; `broken` when the text ends inside or something follows it.
std::string CsvReader::read_quoted(bool& broken) {
    std::string cell;
    while (position_ < text_.size()) {
        const char c = text_[position_++];
        if (c == '"') {
            if (position_ == text_.size() || text_[position_] != '"') break;
            ++position_;
        }
        if (c == '\n') ++line_;
        cell += c;
        broken = position_ == text_.size();
    }
    if (position_ < text_.size() &&
        std::string_view(",\r\n").find(text_[position_]) == std::string_view::npos) {
        broken = true;
    }
    return cell;
}

void CsvReader::skip_line() {
    const std::size_t end = text_.find('\n', position_);
    position_ = end == std::string_view::npos ? text_.size() : end;
}

Result<CsvRow> CsvReader::read_row() {
    CsvRow row;
    row.line = line_;
    while (true) {
        if (position_ < text_.size() && text_[position_] == '"') {
            ++position_;
            bool broken = position_ == text_.size();
            row.cells.push_back(read_quoted(broken));
            if (broken) {
                skip_line();
                return fail(Errc::invalid,
                            "line " + std::to_string(row.line) +
                                ": a quoted cell must end with a quote before the next "
                                "comma; write a quote inside it twice");
            }
        } else {
            const std::size_t end = std::min(text_.find_first_of(",\r\n", position_), text_.size());
            row.cells.emplace_back(text_.substr(position_, end - position_));
            position_ = end;
        }
        if (position_ == text_.size() || text_[position_] != ',') return row;
        ++position_;
    }
}

}  // namespace aftercare::collector
