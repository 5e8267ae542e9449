#include "tests/integration/api/contract.hpp"

#include <fstream>
#include <iterator>
#include <regex>

#include "tests/support/json_schema.hpp"
#include "tests/support/yaml_document.hpp"

namespace aftercare::collector::testing {
namespace {

constexpr const char* kFile = AFTERCARE_SOURCE_DIR "/docs/api/openapi.yaml";

using Json = nlohmann::json;

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return text;
}

/// "/api/v1/tickets/{ticket_id}" → "/api/v1/tickets/{}"
std::string pattern_of(const std::string& path) {
    static const std::regex kParameter("\\{[^}]*\\}");
    return std::regex_replace(path, kParameter, "{}");
}

}  // namespace

Contract::Contract() {
    std::ifstream file(kFile, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    auto parsed = test::parse_yaml(text);
    if (!parsed) invariant_broken(parsed.error().message.c_str(), kFile, 0);
    document_ = std::move(*parsed);
    for (const auto& [path, item] : document_["paths"].items()) {
        for (const auto& [method, ignored] : item.items()) {
            const Json::json_pointer pointer = Json::json_pointer("/paths") / path / method;
            pointers_[upper(method) + " " + pattern_of(path)] = pointer.to_string();
        }
    }
}

const Json& Contract::operation(const std::string& route) const {
    static const Json kNone = Json::object();
    const auto found = pointers_.find(route);
    return found == pointers_.end() ? kNone : document_[Json::json_pointer(found->second)];
}

std::vector<std::string> Contract::routes(bool open) const {
    std::vector<std::string> routes;
    for (const auto& [route, pointer] : pointers_) {
        const Json& its = operation(route);
        const bool needs_none = its.contains("security") && its["security"].empty();
        if (needs_none == open) routes.push_back(route);
    }
    return routes;
}

std::set<unsigned> Contract::statuses(const std::string& route) const {
    std::set<unsigned> codes;
    const Json& its = operation(route);
    if (!its.contains("responses")) return codes;
    for (const auto& [code, ignored] : its["responses"].items()) {
        codes.insert(static_cast<unsigned>(std::stoul(code)));
    }
    return codes;
}

std::vector<std::string> Contract::parameters(const std::string& route) const {
    std::vector<std::string> names;
    const Json& its = operation(route);
    if (!its.contains("parameters")) return names;
    const test::JsonSchema schema(document_);
    for (const Json& one : its["parameters"]) {
        const Json& parameter = schema.resolved(one);
        if (parameter["in"] == "query") names.push_back(parameter["name"].get<std::string>());
    }
    return names;
}

std::string Contract::mistake(const std::string& route, const Response& response) const {
    const Json& its = operation(route);
    const std::string code = std::to_string(response.status);
    if (!its.contains("responses") || !its["responses"].contains(code)) {
        return "status " + code + " is not documented";
    }
    const test::JsonSchema schema(document_);
    const Json& documented = schema.resolved(its["responses"][code]);
    if (!documented.contains("content")) return {};
    const std::string type = response.content_type.substr(0, response.content_type.find(';'));
    if (!documented["content"].contains(type)) return "content of " + type + " is not documented";
    if (type.find("json") == std::string::npos) return {};
    const Json body = Json::parse(response.body, nullptr, false);
    if (body.is_discarded()) return "the body is no JSON";
    return schema.mistake(documented["content"][type].value("schema", Json::object()), body);
}

}  // namespace aftercare::collector::testing
