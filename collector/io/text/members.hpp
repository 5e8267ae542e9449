// Reads the members of one JSON object; the first mistake is kept and the rest are defaults, so
// that a parser reads as a list of its members. `finish` also refuses members nobody asked for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/text/json.hpp"
#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kTextBytesMax = 4096;

class MemberReader {
  public:
    /// Lifetime: `object` outlives the reader.
    explicit MemberReader(const Json& object);

    std::string text(std::string_view name, std::size_t bytes_max = kTextBytesMax);
    std::string required_text(std::string_view name);
    /// [A-Za-z0-9_-]{1,64}
    std::string required_id(std::string_view name);
    std::optional<WallTime> time(std::string_view name);
    bool flag(std::string_view name, bool otherwise);
    double number(std::string_view name, double low, double high, double otherwise);
    std::uint32_t count(std::string_view name, std::uint32_t high, std::uint32_t otherwise);
    /// The array under `name`, or null.
    const Json* array(std::string_view name, std::size_t items_max);
    /// `parse` turns text into the enum, `allowed` lists its members for the message.
    template <class Enum>
    Enum choice(std::string_view name, std::optional<Enum> (*parse)(std::string_view),
                const std::vector<std::string>& allowed, std::optional<Enum> otherwise) {
        const std::string value = otherwise ? text(name) : required_text(name);
        if (value.empty()) return otherwise.value_or(Enum{});
        const std::optional<Enum> member = parse(value);
        if (!member) refuse_choice(name, value, allowed);
        return member.value_or(Enum{});
    }
    /// It is there, whatever it holds.
    [[nodiscard]] bool has(std::string_view name) const;
    /// Known but left out on purpose.
    void ignore(std::initializer_list<std::string_view> names);
    /// Keeps `error` unless there is one already.
    void refuse(std::string message);

    /// Errors: the first mistake, or the first unknown member with the list of allowed ones.
    Status finish();

  private:
    const Json* find(std::string_view name);
    void refuse_type(std::string_view name, std::string_view expected);
    void refuse_choice(std::string_view name, std::string_view value,
                       const std::vector<std::string>& allowed);

    const Json& object_;
    std::vector<std::string> known_;
    std::optional<std::string> mistake_;
};

/// The texts of an enum's members, first to last.
template <class Enum>
std::vector<std::string> names_of(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.emplace_back(to_string(static_cast<Enum>(i)));
    return names;
}

}  // namespace aftercare::collector
