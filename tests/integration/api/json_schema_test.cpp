// What holds the contract against answers must itself say no.
#include "tests/support/json_schema.hpp"
#include "tests/support/yaml_document.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;

TEST_GROUP(JsonSchema) {
    static constexpr const char* kDocument = R"(
schemas:
  Time: {type: string, format: date-time}
  Pet:
    type: object
    required: [name]
    properties:
      name: {type: string, pattern: "^[a-z]+$", maxLength: 5}
      born: {$ref: "#/schemas/Time"}
      legs: {type: integer, minimum: 0, maximum: 8}
      kind: {enum: [cat, dog, null]}
      weight: {type: [number, "null"]}
      toys: {type: array, maxItems: 2, items: {type: string}}
  Chip:
    allOf:
      - {$ref: "#/schemas/Pet"}
      - {type: object, required: [chip], properties: {chip: {type: boolean}}}
  Either:
    oneOf:
      - {type: 'null'}
      - {$ref: "#/schemas/Pet"}
      - {type: string}
  Counts: {type: object, additionalProperties: {type: integer}}
  Empty: {type: object}
  Bare: {type: array}
  Odd: {type: string, minContains: 3}
)";
    nlohmann::json document;

    void setup() override {
        auto parsed = parse_yaml(kDocument);
        CHECK_TEXT(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
        document = std::move(*parsed);
    }
    std::string mistake(const std::string& name, const std::string& value) const {
        return JsonSchema(document).mistake({{"$ref", "#/schemas/" + name}},
                                            nlohmann::json::parse(value));
    }
    void accepts(const std::string& name, const std::string& value) const {
        STRCMP_EQUAL("", mistake(name, value).c_str());
    }
    void refuses(const std::string& name, const std::string& value, const char* because) const {
        STRCMP_CONTAINS(because, mistake(name, value).c_str());
    }
};

TEST(JsonSchema, accepts_what_a_schema_describes) {
    accepts("Pet", R"({"name":"rex","born":"2026-01-01T00:00:00Z","legs":4,"kind":null,
                       "weight":null,"toys":["ball"]})");
    accepts("Pet", R"({"name":"rex","weight":1.5,"kind":"cat"})");
    accepts("Chip", R"({"name":"rex","chip":true})");
    accepts("Either", "null");
    accepts("Either", R"("rex")");
    accepts("Either", R"({"name":"rex"})");
    accepts("Counts", R"({"a":1,"b":2})");
}

TEST(JsonSchema, refuses_members_that_are_missing_or_not_described) {
    refuses("Pet", R"({})", "member \"name\" is missing");
    refuses("Pet", R"({"name":"rex","tail":1})", "tail: the schema does not name this member");
    refuses("Chip", R"({"name":"rex"})", "member \"chip\" is missing");
    refuses("Chip", R"({"chip":true})", "member \"name\" is missing");
    refuses("Chip", R"({"name":"rex","chip":true,"tail":1})", "tail");
    refuses("Counts", R"({"a":"1"})", "a: \"1\" is not of type");
}

TEST(JsonSchema, refuses_values_of_other_types_and_ranges) {
    refuses("Pet", "[]", "not of type");
    refuses("Pet", R"({"name":7})", "name: 7 is not of type");
    refuses("Pet", R"({"name":"REX"})", "does not match");
    refuses("Pet", R"({"name":"rexrex"})", "length of 6");
    refuses("Pet", R"({"name":"rex","legs":1.5})", "legs");
    refuses("Pet", R"({"name":"rex","legs":-1})", "out of range");
    refuses("Pet", R"({"name":"rex","legs":9})", "out of range");
    refuses("Pet", R"({"name":"rex","kind":"cow"})", "none of");
    refuses("Pet", R"({"name":"rex","toys":["a",2]})", "toys/1: 2 is not of type");
    refuses("Pet", R"({"name":"rex","toys":["a","b","c"]})", "3 items");
    refuses("Either", "7", "not of type");
    refuses("Either", R"({"name":7})", "name: 7");
}

TEST(JsonSchema, refuses_times_that_are_not_utc) {
    refuses("Time", R"("2026-01-01")", "no RFC 3339 time");
    refuses("Time", R"("2026-01-01T00:00:00+01:00")", "no RFC 3339 time");
    refuses("Time", R"("2026-01-01 00:00:00Z")", "no RFC 3339 time");
}

TEST(JsonSchema, refuses_schemas_that_say_nothing_or_more_than_it_understands) {
    refuses("Empty", "{}", "names no members");
    refuses("Bare", "[]", "what items are");
    refuses("Odd", R"("a")", "minContains is not understood");
}

TEST(JsonSchema, is_told_what_is_wrong_with_a_document) {
    STRCMP_CONTAINS("line 2, column 4", parse_yaml("a: 1\nb: }").error().message.c_str());
    STRCMP_CONTAINS("\"a\" stands here twice", parse_yaml("a: 1\na: 2").error().message.c_str());
    CHECK(parse_yaml("{a: 1, b: '1', c: true, d: null, e: [x, 1.5]}").value() ==
          nlohmann::json::parse(R"({"a":1,"b":"1","c":true,"d":null,"e":["x",1.5]})"));
}
