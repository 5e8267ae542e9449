// One section of a TOML file, read key by key. The first mistake sticks and names file, line, key
// and what is allowed; `refuse_unknown` turns every key nobody asked for into a mistake.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {

class TomlSection {
  public:
    /// `mistake` is shared by the sections of a file: only the first is kept.
    TomlSection(const toml::table& root, std::string name, std::string file,
                std::optional<Error>& mistake);

    void text(std::string_view key, std::string& value);
    void texts(std::string_view key, std::vector<std::string>& values);
    /// One file name or a list of them, each relative to the folder of the config file.
    void files(std::string_view key, std::vector<std::string>& values);
    void file(std::string_view key, std::string& value);
    void flag(std::string_view key, bool& value);
    void real(std::string_view key, double low, double high, double& value);
    void duration(std::string_view key, milliseconds low, milliseconds& value);
    void time(std::string_view key, std::optional<WallTime>& value);
    /// A text that `accept` turns into a value or refuses; `allowed` says what it takes.
    void checked(std::string_view key, std::string_view allowed,
                 const std::function<bool(std::string_view)>& accept);
    void integers(std::string_view key, std::int64_t low, std::int64_t high,
                  std::vector<unsigned>& values);
    template <class Integer>
    void integer(std::string_view key, std::int64_t low, std::int64_t high, Integer& value) {
        if (const auto found = find_integer(key, low, high)) value = static_cast<Integer>(*found);
    }

    /// Call after the last key.
    void refuse_unknown();
    /// A mistake of the section as a whole, or of `key` when it is there.
    void refuse(std::string_view key, const std::string& why);

  private:
    const toml::node* find(std::string_view key);
    std::optional<std::int64_t> find_integer(std::string_view key, std::int64_t low,
                                             std::int64_t high);
    void mistake_at(const toml::node* node, std::string_view key, const std::string& why);
    [[nodiscard]] std::string beside_config(const std::string& name) const;

    std::string name_;
    std::string file_;
    std::optional<Error>& mistake_;
    const toml::node* node_ = nullptr;
    const toml::table* table_ = nullptr;
    std::vector<std::string> known_;
};

}  // namespace aftercare::collector
