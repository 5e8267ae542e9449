#include "collector/io/live/toml_section.hpp"

#include <algorithm>
#include <filesystem>

namespace aftercare::collector {

TomlSection::TomlSection(const toml::table& root, std::string name, std::string file,
                         std::optional<Error>& mistake)
    : name_(std::move(name)), file_(std::move(file)), mistake_(mistake) {
    node_ = root.get(name_);
    if (node_ == nullptr) return;
    table_ = node_->as_table();
    if (table_ == nullptr) mistake_at(node_, "", "expected a section, written as [" + name_ + "]");
}

void TomlSection::mistake_at(const toml::node* node, std::string_view key, const std::string& why) {
    if (mistake_.has_value()) return;
    std::string where = file_;
    if (node != nullptr) where += ":" + std::to_string(node->source().begin.line);
    where += ": [" + name_ + "]";
    if (!key.empty()) where += " " + std::string(key);
    mistake_ = Error{Errc::invalid, where + ": " + why};
}

void TomlSection::refuse(std::string_view key, const std::string& why) {
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
    mistake_at(node == nullptr ? node_ : node, key, why);
}

const toml::node* TomlSection::find(std::string_view key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
}

void TomlSection::checked(std::string_view key, std::string_view allowed,
                          const std::function<bool(std::string_view)>& accept) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* found = node->as_string();
    if (found == nullptr || !accept(found->get())) {
        mistake_at(node, key, "expected " + std::string(allowed));
    }
}

void TomlSection::text(std::string_view key, std::string& value) {
    checked(key, "a text in quotes that is not empty", [&](std::string_view found) {
        value = found;
        return !found.empty();
    });
}

void TomlSection::texts(std::string_view key, std::vector<std::string>& values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    values.clear();
    if (const auto* one = node->as_string()) {
        values.push_back(one->get());
        return;
    }
    const auto* list = node->as_array();
    if (list == nullptr) return mistake_at(node, key, "expected a text or a list of texts");
    for (const toml::node& item : *list) {
        const auto* found = item.as_string();
        if (found == nullptr) return mistake_at(&item, key, "expected texts in quotes");
        values.push_back(found->get());
    }
}

std::string TomlSection::beside_config(const std::string& name) const {
    const std::filesystem::path path(name);
    if (path.is_absolute() || name.empty()) return name;
    return (std::filesystem::path(file_).parent_path() / path).string();
}

void TomlSection::files(std::string_view key, std::vector<std::string>& values) {
    texts(key, values);
    for (std::string& value : values) value = beside_config(value);
}

void TomlSection::file(std::string_view key, std::string& value) {
    text(key, value);
    value = beside_config(value);
}

void TomlSection::flag(std::string_view key, bool& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* found = node->as_boolean();
    if (found == nullptr) return mistake_at(node, key, "expected true or false");
    value = found->get();
}

std::optional<std::int64_t> TomlSection::find_integer(std::string_view key, std::int64_t low,
                                                      std::int64_t high) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto* found = node->as_integer();
    if (found == nullptr || found->get() < low || found->get() > high) {
        mistake_at(
            node, key,
            "expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
        return std::nullopt;
    }
    return found->get();
}

void TomlSection::integers(std::string_view key, std::int64_t low, std::int64_t high,
                           std::vector<unsigned>& values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const std::string allowed = "expected a list of whole numbers from " + std::to_string(low) +
                                " to " + std::to_string(high);
    const auto* list = node->as_array();
    if (list == nullptr) return mistake_at(node, key, allowed);
    for (const toml::node& item : *list) {
        const auto* found = item.as_integer();
        if (found == nullptr || found->get() < low || found->get() > high) {
            return mistake_at(&item, key, allowed);
        }
        values.push_back(static_cast<unsigned>(found->get()));
    }
}

void TomlSection::real(std::string_view key, double low, double high, double& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const std::optional<double> found = node->value<double>();
    if (!node->is_number() || !found || !(*found >= low && *found <= high)) {
        return mistake_at(
            node, key,
            "expected a number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    value = *found;
}

void TomlSection::duration(std::string_view key, milliseconds low, milliseconds& value) {
    checked(
        key,
        "a duration such as \"90s\", \"15m\", \"48h\" or \"30d\", at least " + format_duration(low),
        [&](std::string_view found) {
            const auto parsed = parse_duration(found);
            if (!parsed || *parsed < low) return false;
            value = *parsed;
            return true;
        });
}

void TomlSection::time(std::string_view key, std::optional<WallTime>& value) {
    checked(key, "a UTC time in quotes such as \"2026-01-31T00:00:00Z\"",
            [&](std::string_view found) {
                const auto parsed = parse_rfc3339(found);
                if (!parsed) return false;
                value = *parsed;
                return true;
            });
}

void TomlSection::refuse_unknown() {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
        if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
        std::string allowed;
        for (const std::string& name : known_) allowed += (allowed.empty() ? "" : ", ") + name;
        mistake_at(&node, key.str(), "unknown key; allowed are " + allowed);
    }
}

}  // namespace aftercare::collector
