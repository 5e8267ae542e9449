#include "tests/support/json_schema.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

#include "common/result.hpp"

namespace aftercare::test {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 24> kUnderstood{
    "$ref",        "type",    "properties", "required",  "additionalProperties",
    "items",       "enum",    "const",      "format",    "pattern",
    "minimum",     "maximum", "minLength",  "maxLength", "minItems",
    "maxItems",    "oneOf",   "anyOf",      "allOf",     "title",
    "description", "default", "example",    "examples"};

bool is_of(const Json& value, const std::string& type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    return false;
}

bool type_allows(const Json& type, const Json& value) {
    if (type.is_string()) return is_of(value, type.get<std::string>());
    return std::any_of(type.begin(), type.end(),
                       [&](const Json& one) { return is_of(value, one.get<std::string>()); });
}

constexpr std::string_view kTop = "the value";

std::string said(const std::string& where, const std::string& what) {
    return (where.empty() ? std::string(kTop) : where) + ": " + what;
}

/// How deep inside the value a mistake lies.
std::size_t depth_of(const std::string& mistake) {
    if (mistake.rfind(kTop, 0) == 0) return 0;
    const auto end = mistake.begin() + static_cast<std::ptrdiff_t>(mistake.find(": "));
    return 1 + static_cast<std::size_t>(std::count(mistake.begin(), end, '/'));
}

std::string check_text(const Json& schema, const std::string& text, const std::string& where) {
    static const std::regex kTime(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)");
    const std::string format = schema.value("format", "");
    if (format == "date-time" && !std::regex_match(text, kTime)) {
        return said(where, "\"" + text + "\" is no RFC 3339 time in UTC");
    }
    if (!format.empty() && format != "date-time") {
        return said(where, "the schema's format " + format + " is not understood");
    }
    if (schema.contains("pattern") &&
        !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
        return said(where, "\"" + text + "\" does not match " + schema["pattern"].dump());
    }
    if (text.size() < schema.value("minLength", std::size_t{0}) ||
        text.size() > schema.value("maxLength", text.size())) {
        return said(where, "a length of " + std::to_string(text.size()) + " is not allowed");
    }
    return {};
}

std::string check_number(const Json& schema, double number, const std::string& where) {
    if (number < schema.value("minimum", number) || number > schema.value("maximum", number)) {
        return said(where, Json(number).dump() + " is out of range");
    }
    return {};
}

}  // namespace

const Json& JsonSchema::resolved(const Json& schema) const {
    if (!schema.is_object() || !schema.contains("$ref")) return schema;
    const auto reference = schema["$ref"].get<std::string>();
    AFTERCARE_ASSERT(reference.rfind("#/", 0) == 0);
    const Json::json_pointer pointer(reference.substr(1));
    if (!document_.contains(pointer)) invariant_broken(reference.c_str(), __FILE__, __LINE__);
    return resolved(document_[pointer]);
}

std::string JsonSchema::mistake(const Json& schema, const Json& value) const {
    return check(schema, value, {});
}

/// The members that several schemas of an allOf name, as those of one object.
void JsonSchema::gather(const Json& schema, Json& merged) const {
    const Json& real = resolved(schema);
    for (const auto& [word, value] : real.items()) {
        if (word == "allOf") {
            for (const Json& part : value) gather(part, merged);
        } else if (word == "properties") {
            for (const auto& [name, member] : value.items()) merged["properties"][name] = member;
        } else if (word == "required") {
            for (const Json& name : value) merged["required"].push_back(name);
        } else {
            merged[word] = value;
        }
    }
}

std::string JsonSchema::check(const Json& unresolved, const Json& value,
                              const std::string& where) const {
    const Json& schema = resolved(unresolved);
    if (schema.empty()) return said(where, "the schema says nothing");
    for (const auto& [word, ignored] : schema.items()) {
        if (std::find(kUnderstood.begin(), kUnderstood.end(), word) == kUnderstood.end()) {
            return said(where, "the schema's word " + word + " is not understood");
        }
    }
    if (schema.contains("allOf")) {
        Json merged = Json::object();
        gather(schema, merged);
        return check(merged, value, where);
    }
    if (schema.contains("oneOf")) return check_choice(schema["oneOf"], value, true, where);
    if (schema.contains("anyOf")) return check_choice(schema["anyOf"], value, false, where);
    if (schema.contains("type") && !type_allows(schema["type"], value)) {
        return said(where, value.dump().substr(0, 60) + " is not of type " + schema["type"].dump());
    }
    if (schema.contains("const") && value != schema["const"]) {
        return said(where, value.dump().substr(0, 60) + " is not " + schema["const"].dump());
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
        return said(where, value.dump().substr(0, 60) + " is none of " + schema["enum"].dump());
    }
    if (value.is_string()) return check_text(schema, value.get_ref<const std::string&>(), where);
    if (value.is_number()) return check_number(schema, value.get<double>(), where);
    if (value.is_object()) return check_object(schema, value, where);
    if (value.is_array()) return check_array(schema, value, where);
    return {};
}

std::string JsonSchema::check_choice(const Json& options, const Json& value, bool only_one,
                                     const std::string& where) const {
    std::size_t fitting = 0;
    std::string closest;
    for (const Json& option : options) {
        const std::string wrong = check(option, value, where);
        if (wrong.empty()) {
            ++fitting;
            continue;
        }
        // The deepest mistake tells which option was meant.
        if (closest.empty() || depth_of(wrong) > depth_of(closest)) closest = wrong;
    }
    if (fitting == 0) return closest;
    if (only_one && fitting > 1) {
        return said(where, std::to_string(fitting) + " of the schema's oneOf fit");
    }
    return {};
}

std::string JsonSchema::check_object(const Json& schema, const Json& value,
                                     const std::string& where) const {
    static const Json kNone = Json::object();
    const Json& members = schema.contains("properties") ? schema["properties"] : kNone;
    const bool open = schema.contains("additionalProperties");
    if (members.empty() && !open) return said(where, "the schema names no members");
    if (schema.contains("required")) {
        for (const Json& name : schema["required"]) {
            if (!value.contains(name.get<std::string>())) {
                return said(where, "member " + name.dump() + " is missing");
            }
        }
    }
    for (const auto& [name, member] : value.items()) {
        const std::string deeper = where.empty() ? name : where + "/" + name;
        std::string wrong;
        if (members.contains(name)) {
            wrong = check(members[name], member, deeper);
        } else if (!open || schema["additionalProperties"] == false) {
            return said(deeper, "the schema does not name this member");
        } else if (schema["additionalProperties"].is_object()) {
            wrong = check(schema["additionalProperties"], member, deeper);
        }
        if (!wrong.empty()) return wrong;
    }
    return {};
}

std::string JsonSchema::check_array(const Json& schema, const Json& value,
                                    const std::string& where) const {
    if (!schema.contains("items")) return said(where, "the schema does not say what items are");
    if (value.size() < schema.value("minItems", std::size_t{0}) ||
        value.size() > schema.value("maxItems", value.size())) {
        return said(where, std::to_string(value.size()) + " items are not allowed");
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string deeper = (where.empty() ? "" : where + "/") + std::to_string(i);
        std::string wrong = check(schema["items"], value[i], deeper);
        if (!wrong.empty()) return wrong;
    }
    return {};
}

}  // namespace aftercare::test
