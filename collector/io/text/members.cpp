#include "collector/io/text/members.hpp"

#include <algorithm>
#include <cmath>

#include "common/time_text.hpp"
#include "common/topic.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

std::string in_quotes(std::string_view name) {
    return "\"" + std::string(name) + "\"";
}

}  // namespace

MemberReader::MemberReader(const Json& object) : object_(object) {
    if (!object.is_object()) refuse("expected a JSON object");
}

const Json* MemberReader::find(std::string_view name) {
    known_.emplace_back(name);
    if (!object_.is_object()) return nullptr;
    const auto member = object_.find(std::string(name));
    return member == object_.end() || member->is_null() ? nullptr : &*member;
}

void MemberReader::refuse(std::string message) {
    if (!mistake_) mistake_ = std::move(message);
}
void MemberReader::refuse_type(std::string_view name, std::string_view expected) {
    refuse("member " + in_quotes(name) + ": expected " + std::string(expected));
}
void MemberReader::refuse_choice(std::string_view name, std::string_view value,
                                 const std::vector<std::string>& allowed) {
    refuse("member " + in_quotes(name) + ": " + in_quotes(value) + " is not one of " +
           joined(allowed));
}

std::string MemberReader::text(std::string_view name, std::size_t bytes_max) {
    const Json* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_string()) {
        refuse_type(name, "a text");
        return {};
    }
    const auto& value = member->get_ref<const std::string&>();
    if (value.size() > bytes_max) {
        refuse_type(name, "at most " + std::to_string(bytes_max) + " bytes");
        return {};
    }
    return value;
}

std::string MemberReader::required_text(std::string_view name) {
    std::string value = text(name);
    if (value.empty()) refuse("member " + in_quotes(name) + " is missing");
    return value;
}

std::string MemberReader::required_id(std::string_view name) {
    std::string value = required_text(name);
    if (!valid_id(value)) refuse_type(name, "1 to 64 of the characters A-Z a-z 0-9 _ -");
    return value;
}

std::optional<WallTime> MemberReader::time(std::string_view name) {
    const std::string value = text(name);
    if (value.empty()) return std::nullopt;
    const Result<WallTime> parsed = parse_rfc3339(value);
    if (!parsed) {
        refuse("member " + in_quotes(name) + ": " + parsed.error().message);
        return std::nullopt;
    }
    return *parsed;
}

bool MemberReader::flag(std::string_view name, bool otherwise) {
    const Json* member = find(name);
    if (member == nullptr) return otherwise;
    if (!member->is_boolean()) {
        refuse_type(name, "true or false");
        return otherwise;
    }
    return member->get<bool>();
}

double MemberReader::number(std::string_view name, double low, double high, double otherwise) {
    const Json* member = find(name);
    if (member == nullptr) return otherwise;
    const double value = member->is_number() ? member->get<double>() : std::nan("");
    if (!(value >= low && value <= high)) {
        refuse_type(name, "a number from " + Json(low).dump() + " to " + Json(high).dump());
        return otherwise;
    }
    return value;
}

std::uint32_t MemberReader::count(std::string_view name, std::uint32_t high,
                                  std::uint32_t otherwise) {
    const Json* member = find(name);
    if (member == nullptr) return otherwise;
    if (!member->is_number_unsigned() || member->get<std::uint64_t>() > high) {
        refuse_type(name, "a whole number from 0 to " + std::to_string(high));
        return otherwise;
    }
    return member->get<std::uint32_t>();
}

const Json* MemberReader::array(std::string_view name, std::size_t items_max) {
    const Json* member = find(name);
    if (member == nullptr) return nullptr;
    if (!member->is_array() || member->size() > items_max) {
        refuse_type(name, "an array of at most " + std::to_string(items_max) + " items");
        return nullptr;
    }
    return member;
}

bool MemberReader::has(std::string_view name) const {
    return object_.is_object() && object_.contains(std::string(name));
}

void MemberReader::ignore(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) known_.emplace_back(name);
}

Status MemberReader::finish() {
    if (object_.is_object()) {
        for (const auto& [name, value] : object_.items()) {
            if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
            refuse("member " + in_quotes(name) + " is unknown; allowed are " + joined(known_));
        }
    }
    if (mistake_) return fail(Errc::invalid, *mistake_);
    return {};
}

}  // namespace aftercare::collector
