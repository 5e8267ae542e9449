#include "collector/io/toml/table_reader.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/fixed_text.hpp"
#include "common/time_text.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kFileBytesMax = 8 * 1024 * 1024;

std::string in_quotes(std::string_view text) {
    return "'" + std::string(text.substr(0, 64)) + "'";
}

std::string type_name(const toml::node& node) {
    std::ostringstream out;
    out << node.type();
    return out.str();
}

std::string shown(double value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

bool is_id(std::string_view text) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), good);
}

}  // namespace

std::string Mistakes::place(const toml::node& where) const {
    const auto& begin = where.source().begin;
    return file_ + ":" + std::to_string(begin.line) + ":" + std::to_string(begin.column) + ": ";
}

void Mistakes::add(const toml::node& where, std::string_view what) {
    add(place(where) + std::string(what));
}

void Mistakes::add(std::string_view placed) {
    if (++count_ > kMistakesShownMax) return;
    if (!text_.empty()) text_ += '\n';
    text_ += placed;
}

Error Mistakes::error() const {
    AFTERCARE_ASSERT(count_ > 0);
    std::string text = text_;
    if (count_ > kMistakesShownMax) {
        text += "\n… and " + std::to_string(count_ - kMistakesShownMax) + " more mistakes";
    }
    return Error{Errc::invalid, std::move(text)};
}

Result<toml::table> parse_toml(std::string_view text, const std::string& file) {
    try {
        return toml::parse(text, std::string_view(file));
    } catch (const toml::parse_error& error) {
        const auto& begin = error.source().begin;
        return fail(Errc::invalid, file + ":" + std::to_string(begin.line) + ":" +
                                       std::to_string(begin.column) +
                                       ": not TOML: " + std::string(error.description()));
    }
}

Result<std::string> read_text_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(Errc::not_found, path + ": cannot be read: no such file, or no permission");
    std::ostringstream text;
    text << in.rdbuf();
    std::string bytes = std::move(text).str();
    if (in.bad()) return fail(Errc::unavailable, path + ": reading failed");
    if (bytes.size() > kFileBytesMax) return fail(Errc::invalid, path + ": larger than 8 MiB");
    return bytes;
}

Status write_text_file(const std::string& path, std::string_view text) {
    const std::string beside = path + ".new";
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << text << std::flush;
    if (!out) {
        return fail(Errc::unavailable,
                    beside + ": cannot be written: check the folder, its owner and the disk");
    }
    out.close();
    std::error_code error;
    std::filesystem::rename(beside, path, error);
    if (error) return fail(Errc::unavailable, path + ": " + error.message());
    return {};
}

bool is_language(std::string_view tag) {
    const std::string_view primary = tag.substr(0, tag.find('-'));
    const auto all = [](std::string_view part, auto allowed) {
        return std::all_of(part.begin(), part.end(), allowed);
    };
    const bool plain = primary.size() >= 2 && primary.size() <= 3 &&
                       all(primary, [](char c) { return c >= 'a' && c <= 'z'; });
    const std::string_view rest = tag.substr(primary.size());
    return plain && FixedText<16>::fits(tag) && (rest.empty() || rest.size() > 2) &&
           all(rest, [](char c) {
               return c == '-' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9');
           });
}

const toml::node* TableReader::node(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
}

const toml::node* TableReader::find(std::string_view key, Need need) {
    const toml::node* found = node(key);
    if (!found && need == Need::required) {
        mistakes_.add(table_, what_ + " lacks the key " + in_quotes(key));
    }
    return found;
}

void TableReader::mistake(std::string_view key, std::string_view what) {
    const toml::node* found = table_.get(key);
    mistakes_.add(found ? *found : table_,
                  what_ + ", key " + in_quotes(key) + ": " + std::string(what));
}

std::string TableReader::text(std::string_view key, Need need, std::string_view fallback) {
    const toml::node* found = find(key, need);
    if (!found) return std::string(fallback);
    if (const auto* value = found->as_string()) return value->get();
    mistake(key, "expected text in quotes, found " + type_name(*found));
    return std::string(fallback);
}

std::string TableReader::id(std::string_view key, Need need) {
    std::string value = text(key, need);
    const bool given = has(key) && table_.get(key)->is_string();
    if (given && !is_id(value)) {
        mistake(key, in_quotes(value) + " is not an id: allowed are 1 to 64 of A-Z a-z 0-9 _ - .");
    }
    return value;
}

double TableReader::number(std::string_view key, Need need, double fallback, double low,
                           double high) {
    const toml::node* found = find(key, need);
    if (!found) return fallback;
    if (!found->is_number()) {
        mistake(key, "expected a number, found " + type_name(*found));
        return fallback;
    }
    const double value = found->is_integer() ? static_cast<double>(found->as_integer()->get())
                                             : found->as_floating_point()->get();
    if (std::isfinite(value) && value >= low && value <= high) return value;
    mistake(key,
            shown(value) + " is out of bounds: allowed is " + shown(low) + " to " + shown(high));
    return fallback;
}

std::uint32_t TableReader::whole(std::string_view key, Need need, std::uint32_t fallback,
                                 std::uint32_t low, std::uint32_t high) {
    const toml::node* found = find(key, need);
    if (!found) return fallback;
    if (!found->is_integer()) {
        mistake(key, "expected a whole number, found " + type_name(*found));
        return fallback;
    }
    const std::int64_t value = found->as_integer()->get();
    if (value >= low && value <= high) return static_cast<std::uint32_t>(value);
    mistake(key, std::to_string(value) + " is out of bounds: allowed is " + std::to_string(low) +
                     " to " + std::to_string(high));
    return fallback;
}

bool TableReader::flag(std::string_view key, bool fallback) {
    const toml::node* found = find(key, Need::optional);
    if (!found) return fallback;
    if (const auto* value = found->as_boolean()) return value->get();
    mistake(key, "expected true or false, found " + type_name(*found));
    return fallback;
}

milliseconds TableReader::duration(std::string_view key, Need need, milliseconds fallback) {
    const toml::node* found = find(key, need);
    if (!found) return fallback;
    if (const auto* value = found->as_string()) {
        const Result<milliseconds> span = parse_duration(value->get());
        if (span) return *span;
        mistake(key, span.error().message);
        return fallback;
    }
    mistake(key, "expected a duration such as \"48h\", found " + type_name(*found));
    return fallback;
}

std::size_t TableReader::choice(std::string_view key, Need need,
                                std::span<const std::string_view> names, std::size_t fallback) {
    const toml::node* found = find(key, need);
    if (!found) return fallback;
    if (const auto* value = found->as_string()) {
        const auto at = std::find(names.begin(), names.end(), std::string_view(value->get()));
        if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
        mistake(key, in_quotes(value->get()) + " is unknown: allowed are " + joined(names));
        return fallback;
    }
    mistake(key, "expected one of " + joined(names) + ", found " + type_name(*found));
    return fallback;
}

std::vector<std::string> TableReader::texts(std::string_view key, Need need) {
    std::vector<std::string> values;
    for (PlacedText& one : placed_texts(key, need)) values.push_back(std::move(one.text));
    return values;
}

std::vector<PlacedText> TableReader::placed_texts(std::string_view key, Need need) {
    std::vector<PlacedText> values;
    const toml::node* found = find(key, need);
    if (!found) return values;
    const auto* array = found->as_array();
    if (!array) {
        mistake(key, "expected an array of texts, found " + type_name(*found));
        return values;
    }
    for (const toml::node& item : *array) {
        const std::string place = mistakes_.place(item) + what_ + ", key " + in_quotes(key) + ": ";
        const auto* value = item.as_string();
        if (!value || value->get().empty()) {
            mistakes_.add(place + "every element is a text in quotes");
        } else if (std::any_of(values.begin(), values.end(),
                               [&](const PlacedText& one) { return one.text == value->get(); })) {
            mistakes_.add(place + in_quotes(value->get()) + " twice");
        } else {
            values.push_back({value->get(), place});
        }
    }
    if (array->empty()) mistake(key, "must not be empty");
    return values;
}

std::vector<double> TableReader::numbers(std::string_view key, Need need, std::size_t count) {
    std::vector<double> values;
    const toml::node* found = find(key, need);
    if (!found) return std::vector<double>(count);
    if (const auto* array = found->as_array()) {
        for (const toml::node& item : *array) {
            const auto value = item.is_number() ? item.value<double>() : std::nullopt;
            if (value && std::isfinite(*value)) values.push_back(*value);
        }
        if (values.size() == count && array->size() == count) return values;
    }
    mistake(key, "expected an array of " + std::to_string(count) + " numbers");
    return std::vector<double>(count);
}

std::vector<const toml::table*> TableReader::tables(std::string_view key, Need need) {
    std::vector<const toml::table*> values;
    const toml::node* found = find(key, need);
    if (!found) return values;
    const auto* array = found->as_array();
    if (!array) {
        mistake(key, "expected an array of tables, found " + type_name(*found));
        return values;
    }
    for (const toml::node& item : *array) {
        if (const auto* table = item.as_table()) {
            values.push_back(table);
        } else {
            mistakes_.add(item,
                          what_ + ", key " + in_quotes(key) + ": every element is a table { … }");
        }
    }
    return values;
}

const toml::table* TableReader::subtable(std::string_view key, Need need) {
    const toml::node* found = find(key, need);
    if (!found) return nullptr;
    if (const auto* table = found->as_table()) return table;
    mistake(key, "expected a table, found " + type_name(*found));
    return nullptr;
}

void TableReader::finish() {
    std::vector<std::string_view> names(known_.begin(), known_.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (const auto& [key, value] : table_) {
        if (std::find(names.begin(), names.end(), key.str()) != names.end()) continue;
        mistakes_.add(value, what_ + ": unknown key " + in_quotes(key.str()) + ": allowed are " +
                                 joined(names));
    }
}

}  // namespace aftercare::collector
