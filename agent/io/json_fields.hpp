// The fields of one JSON object, read with a complaint that says what would be right.
#pragma once

#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/telemetry.hpp"
#include "common/words.hpp"

namespace aftercare::agent {

using Json = nlohmann::ordered_json;

/// Reads the fields of one object and remembers the first thing that is wrong with it.
/// Lifetime: that of the object.
class Fields {
  public:
    Fields(const Json& object, std::string where, std::initializer_list<std::string_view> known)
        : object_(object), where_(std::move(where)) {
        if (!object.is_object()) {
            complain("must be an object");
            return;
        }
        for (const auto& [key, value] : object.items()) {
            const bool found = std::find(known.begin(), known.end(), key) != known.end();
            if (found || key == "kind") continue;
            complain("has no field '" + key + "'; its fields are " + joined(known));
        }
    }

    template <class Number>
    Number number(std::string_view key, std::optional<Number> fallback = {}) {
        const Json* value = get(key, !fallback);
        if (value == nullptr) return fallback.value_or(Number{});
        constexpr auto kMax = std::numeric_limits<Number>::max();
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMax) {
            complain(std::string(key) + " must be a whole number from 0 to " +
                     std::to_string(kMax));
            return {};
        }
        return static_cast<Number>(value->get<std::uint64_t>());
    }
    float real(std::string_view key, std::optional<float> fallback = {}) {
        const Json* value = get(key, !fallback);
        if (value == nullptr) return fallback.value_or(0.0F);
        return real_of(*value, key);
    }
    bool flag(std::string_view key, bool fallback) {
        const Json* value = get(key, false);
        if (value == nullptr) return fallback;
        if (!value->is_boolean()) complain(std::string(key) + " must be true or false");
        return value->is_boolean() && value->get<bool>();
    }
    /// The position of the text in `names`.
    std::size_t choice(std::string_view key, std::initializer_list<std::string_view> names) {
        const Json* value = get(key, true);
        std::size_t position = 0;
        for (const auto name : names) {
            if (value != nullptr && value->is_string() &&
                value->get_ref<const std::string&>() == name) {
                return position;
            }
            ++position;
        }
        complain(std::string(key) + " must be one of " + joined(names));
        return 0;
    }
    template <std::size_t kMax>
    void values(std::string_view key, BoundedList<MetricValue, kMax>& into) {
        each(key, kMax, [&](std::uint32_t id, const Json& value) {
            into.add({id, real_of(value, key)});
        });
    }
    /// Calls with each id and value of an object such as {"1": 45.5}.
    template <class Take>
    void each(std::string_view key, std::size_t max, Take take) {
        const Json* list = get(key, false);
        if (list == nullptr) return;
        if (!list->is_object() || list->size() > max) {
            complain(std::string(key) + " must be an object of at most " + std::to_string(max) +
                     " ids and values, such as {\"1\": 45.5}");
            return;
        }
        for (const auto& [id_text, value] : list->items()) {
            std::uint32_t id = 0;
            const char* end = id_text.data() + id_text.size();
            if (std::from_chars(id_text.data(), end, id).ptr != end || id_text.empty()) {
                complain(std::string(key) + ": '" + id_text + "' is no id (a whole number)");
                return;
            }
            take(id, value);
        }
    }
    float real_of(const Json& value, std::string_view key) {
        const double wide = value.is_number() ? value.get<double>() : 0;
        if (!value.is_number() || !(std::abs(wide) <= std::numeric_limits<float>::max())) {
            complain(std::string(key) + " must be a number");
            return 0;
        }
        return static_cast<float>(wide);
    }
    const Json* get(std::string_view key, bool required) {
        if (!object_.is_object()) return nullptr;
        const auto found = object_.find(std::string(key));
        if (found != object_.end()) return &*found;
        if (required) complain("needs the field '" + std::string(key) + "'");
        return nullptr;
    }
    void complain(std::string what) {
        if (wrong_.empty()) wrong_ = where_ + " " + std::move(what);
    }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

  private:
    const Json& object_;
    std::string where_;
    std::string wrong_;
};

}  // namespace aftercare::agent
