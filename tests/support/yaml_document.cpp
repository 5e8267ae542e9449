#include "tests/support/yaml_document.hpp"

#include <yaml.h>

#include <nlohmann/json.hpp>
#include <regex>

namespace aftercare::test {
namespace {

using Json = nlohmann::json;

std::string at(const yaml_mark_t& mark) {
    return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

Json scalar_of(const yaml_node_t& node) {
    std::string text(reinterpret_cast<const char*>(node.data.scalar.value),
                     node.data.scalar.length);
    if (node.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return text;
    static const std::regex kNumber("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
    if (text.empty() || text == "null" || text == "~") return nullptr;
    if (text == "true" || text == "false") return text == "true";
    if (std::regex_match(text, kNumber)) return Json::parse(text);
    return text;
}

Result<Json> value_of(yaml_document_t& document, int index) {
    const yaml_node_t& node = *yaml_document_get_node(&document, index);
    switch (node.type) {
        case YAML_SCALAR_NODE:
            return scalar_of(node);
        case YAML_SEQUENCE_NODE: {
            Json items = Json::array();
            const auto& range = node.data.sequence.items;
            for (const int* item = range.start; item < range.top; ++item) {
                Result<Json> value = value_of(document, *item);
                if (!value) return value;
                items.push_back(std::move(*value));
            }
            return items;
        }
        case YAML_MAPPING_NODE: {
            Json members = Json::object();
            const auto& range = node.data.mapping.pairs;
            for (const yaml_node_pair_t* pair = range.start; pair < range.top; ++pair) {
                const yaml_node_t& key = *yaml_document_get_node(&document, pair->key);
                const std::string name(reinterpret_cast<const char*>(key.data.scalar.value),
                                       key.data.scalar.length);
                Result<Json> value = value_of(document, pair->value);
                if (!value) return value;
                if (!members.emplace(name, std::move(*value)).second) {
                    return fail(Errc::invalid,
                                at(key.start_mark) + ": \"" + name + "\" stands here twice");
                }
            }
            return members;
        }
        case YAML_NO_NODE:
            break;
    }
    return Json();
}

}  // namespace

Result<nlohmann::json> parse_yaml(const std::string& text) {
    yaml_parser_t parser;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
    yaml_document_t document;
    Result<Json> value;
    if (yaml_parser_load(&parser, &document) == 1) {
        value = yaml_document_get_root_node(&document) == nullptr ? Result<Json>(Json())
                                                                  : value_of(document, 1);
        yaml_document_delete(&document);
    } else {
        value = fail(Errc::invalid, at(parser.problem_mark) + ": " +
                                        (parser.problem == nullptr ? "?" : parser.problem));
    }
    yaml_parser_delete(&parser);
    return value;
}

}  // namespace aftercare::test
