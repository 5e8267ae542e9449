// Reads agent.toml, table by table.
#pragma once

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/time_text.hpp"
#include "common/topic.hpp"
#include "common/words.hpp"

namespace aftercare::agent {

/// One table of the file. Remembers the first mistake of all its tables in `wrong`.
class Table {
  public:
    Table(const std::string& file, const toml::table& root, std::string name,
          std::initializer_list<std::string_view> keys, std::string& wrong)
        : file_(file), name_(std::move(name)), wrong_(wrong) {
        const toml::node* node = root.get(name_);
        if (node == nullptr) return;
        table_ = node->as_table();
        if (table_ == nullptr) {
            complain(*node, name_, "must be a table: [" + name_ + "]");
            return;
        }
        check(keys);
    }
    /// One of a list of tables.
    Table(const std::string& file, const toml::table& table,
          std::initializer_list<std::string_view> keys, std::string name, std::string& wrong)
        : file_(file), name_(std::move(name)), wrong_(wrong), table_(&table) {
        check(keys);
    }

    std::string text(std::string_view key, std::string fallback = {}) {
        const toml::node* node = get(key);
        if (node == nullptr) return fallback;
        const auto value = node->value<std::string>();
        if (!node->is_string()) complain(*node, key, "must be a text in quotes");
        return value.value_or(fallback);
    }
    std::string id(std::string_view key) {
        std::string value = text(key);
        if (!valid_id(value)) {
            const auto allowed = "must be 1-64 characters out of A-Z a-z 0-9 _ -";
            if (const toml::node* node = get(key)) complain(*node, key, allowed);
            missing(key, allowed);
        }
        return value;
    }
    std::uint32_t number(std::string_view key, std::uint32_t fallback, std::uint32_t low,
                         std::uint32_t high) {
        const toml::node* node = get(key);
        if (node == nullptr) return fallback;
        const auto value = node->value<std::int64_t>();
        if (!node->is_integer() || *value < low || *value > high) {
            complain(*node, key,
                     "must be a whole number from " + std::to_string(low) + " to " +
                         std::to_string(high));
            return fallback;
        }
        return static_cast<std::uint32_t>(*value);
    }
    float real(std::string_view key) {
        const toml::node* node = get(key);
        const auto value = node == nullptr ? std::nullopt : node->value<double>();
        const auto number = static_cast<float>(value.value_or(0));
        if (node == nullptr) {
            missing(key, "must be a number");
        } else if (!value || !std::isfinite(number)) {
            complain(*node, key, "must be a number");
        }
        return number;
    }
    bool flag(std::string_view key) {
        const toml::node* node = get(key);
        if (node != nullptr && !node->is_boolean()) complain(*node, key, "must be true or false");
        return node != nullptr && node->value<bool>().value_or(false);
    }
    /// "60s", "5m" as milliseconds.
    std::uint32_t duration_ms(std::string_view key, std::uint32_t fallback, std::string_view low,
                              std::string_view high) {
        const toml::node* node = get(key);
        if (node == nullptr) return fallback;
        const auto span = parse_duration(node->value<std::string>().value_or(""));
        if (!span || *span < *parse_duration(low) || *span > *parse_duration(high)) {
            complain(*node, key,
                     "must be a duration from \"" + std::string(low) + "\" to \"" +
                         std::string(high) + "\"");
            return fallback;
        }
        return static_cast<std::uint32_t>(span->count());
    }
    const toml::node* get(std::string_view key) {
        return table_ == nullptr ? nullptr : table_->get(key);
    }
    void complain(const toml::node& at, std::string_view key, const std::string& what) {
        if (!wrong_.empty()) return;
        wrong_ = file_ + ":" + std::to_string(at.source().begin.line) + ": " + name_ +
                 (key == name_ ? "" : "." + std::string(key)) + " " + what;
    }
    void missing(std::string_view key, const std::string& what) {
        if (!wrong_.empty()) return;
        const std::string line =
            table_ == nullptr ? "" : ":" + std::to_string(table_->source().begin.line);
        wrong_ = file_ + line + ": " + name_ + "." + std::string(key) + " is missing: it " + what;
    }

  private:
    void check(std::initializer_list<std::string_view> keys) {
        for (const auto& [key, value] : *table_) {
            if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
            complain(value, std::string(key.str()), "is unknown; allowed are " + joined(keys));
        }
    }

    std::string file_;
    std::string name_;
    std::string& wrong_;
    const toml::table* table_ = nullptr;
};

}  // namespace aftercare::agent
