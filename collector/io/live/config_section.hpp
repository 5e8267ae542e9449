// One section of the config file, key by key, with what is allowed. Private to collector/io/live.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/toml/table_reader.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {

/// A section that is not there reads as an empty one.
class Section {
  public:
    Section(TableReader& root, std::string_view name, const std::string& file, Mistakes& mistakes)
        : reader_(table_of(root, name), "[" + std::string(name) + "]", mistakes), file_(file) {}
    ~Section() { reader_.finish(); }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

    TableReader* operator->() { return &reader_; }

    void text(std::string_view key, std::string& value) {
        value = reader_.text(key, Need::optional, value);
    }
    void texts(std::string_view key, std::vector<std::string>& values) {
        values = reader_.texts(key, Need::optional);
    }
    void file(std::string_view key, std::string& value) {
        text(key, value);
        value = beside_config(value);
    }
    /// One file name or a list of them.
    void files(std::string_view key, std::vector<std::string>& values) {
        const toml::node* found = reader_.node(key);
        if (found != nullptr && found->is_string()) {
            values = {found->as_string()->get()};
        } else {
            texts(key, values);
        }
        for (std::string& value : values) value = beside_config(value);
    }
    template <class Integer>
    void whole(std::string_view key, std::uint32_t low, std::uint32_t high, Integer& value) {
        value = static_cast<Integer>(
            reader_.whole(key, Need::optional, static_cast<std::uint32_t>(value), low, high));
    }
    void duration(std::string_view key, milliseconds low, milliseconds& value) {
        value = reader_.duration(key, Need::optional, value);
        if (value < low) reader_.mistake(key, "allowed is at least " + format_duration(low));
    }
    void time(std::string_view key, std::optional<WallTime>& value) {
        const std::string text = reader_.text(key, Need::optional);
        if (text.empty()) return;
        const auto parsed = parse_rfc3339(text);
        if (parsed) {
            value = *parsed;
        } else {
            reader_.mistake(key, parsed.error().message);
        }
    }
    /// `status` of a value just read.
    void check(std::string_view key, const Status& status) {
        if (!status) reader_.mistake(key, status.error().message);
    }

  private:
    static const toml::table& table_of(TableReader& root, std::string_view name) {
        static const toml::table kEmpty;
        const toml::table* table = root.subtable(name, Need::optional);
        return table == nullptr ? kEmpty : *table;
    }
    /// Relative to the folder of the config file.
    [[nodiscard]] std::string beside_config(const std::string& name) const {
        const std::filesystem::path path(name);
        if (path.is_absolute() || name.empty()) return name;
        return (std::filesystem::path(file_).parent_path() / path).string();
    }

    TableReader reader_;
    const std::string& file_;
};

}  // namespace aftercare::collector
