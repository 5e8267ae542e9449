// Holds JSON values against the schemas of an OpenAPI 3.1 document, strictly: a member that the
// schema does not name is a mistake (unless additionalProperties says otherwise), and so is a
// schema that says nothing or uses a word that is not understood here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace aftercare::test {

class JsonSchema {
  public:
    using Json = nlohmann::json;

    /// `document`: where "$ref": "#/…" leads.
    explicit JsonSchema(const Json& document) : document_(document) {}

    /// The first thing in `value` that breaks `schema`, as "items/0/state: …"; empty = none.
    [[nodiscard]] std::string mistake(const Json& schema, const Json& value) const;

    /// What a "$ref" stands for; anything else is itself. Aborts on a reference into the void.
    [[nodiscard]] const Json& resolved(const Json& schema) const;

  private:
    std::string check(const Json& schema, const Json& value, const std::string& where) const;
    std::string check_object(const Json& schema, const Json& value, const std::string& where) const;
    std::string check_array(const Json& schema, const Json& value, const std::string& where) const;
    std::string check_choice(const Json& options, const Json& value, bool only_one,
                             const std::string& where) const;
    void gather(const Json& schema, Json& merged) const;

    const Json& document_;
};

}  // namespace aftercare::test
