// Whatever is sent to the API, from one seed: it answers with less than 500, says what is wrong as
// documented and where, and stores nothing of what it refuses.
#include <functional>
#include <optional>

#include "common/rng.hpp"
#include "tests/integration/api/contract.hpp"
#include "tests/integration/api/route_cases.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeep = 20'000;

std::string nested(char open, int depth) {
    return std::string(static_cast<std::size_t>(depth), open);
}

/// In place of one member's value, as they stand in the text.
std::vector<std::string> odd_values() {
    const std::string quote = "\"";
    return {"null",
            "true",
            "-1",
            "0",
            "1.5",
            "1e308",
            "1e999",
            "-0.0",
            "NaN",
            "-Infinity",
            "18446744073709551616",
            "123456789012345678901234567890",
            "[]",
            "{}",
            "[{}]",
            "[null]",
            R"([{"number":7}])",
            R"("")",
            R"(" ")",
            R"("nonsense")",
            R"("\u0000")",
            R"("\ud800")",
            R"("9999-99-99T99:99:99Z")",
            R"("1969-12-31T23:59:59Z")",
            R"("9999-01-01T00:00:00Z")",
            "\"\xff\xfe\"",
            "\"\xc3\xa9\xe2\x82\xac\"",
            quote + std::string(5'000, 'x') + quote,
            nested('[', kDeep) + nested(']', kDeep),
            nested('[', kDeep)};
}

/// Percent-encoded, in place of a parameter's value or an id in the path.
std::vector<std::string> odd_words() {
    return {"",
            "-1",
            "0",
            "1",
            "1e9",
            "NaN",
            "nonsense",
            "99999999999999999999",
            "%00",
            "%ff%fe",
            "%",
            "%zz",
            "..",
            "%2f",
            "%27%20OR%201",
            "2026-13-45T99:99:99Z",
            "%c3%a9",
            std::string(5'000, 'a')};
}

/// Without a device there must be a ticket, and that is what is asked for.
bool says_nothing(const std::string& name, const std::string& value) {
    return name == "device_id" && (value == "null" || value == "\"\"");
}

/// `body` with `value` instead of the member's own.
std::string with_member(const Json& body, const std::string& name, const std::string& value) {
    constexpr const char* kMark = "@mark@";
    Json marked = body;
    marked[name] = kMark;
    std::string text = marked.dump();
    const std::string mark = std::string("\"") + kMark + "\"";
    return text.replace(text.find(mark), mark.size(), value);
}

}  // namespace

TEST_GROUP(ApiFuzz) {
    std::optional<House> house{std::in_place};
    Contract contract;
    std::map<unsigned, int> answers;

    void teardown() override {
        for (const auto& [status, count] : answers) {
            std::printf("  %u: %d", status, count);
        }
        std::printf("\n");
    }
    /// Asks, holds the answer against the contract, and what was refused against the database.
    Response ask(const RouteCase& of, const std::string& target, const std::string& body,
                 std::map<std::string, std::string, std::less<>> headers = {}) {
        // What is due by now is done before, so that a commit is the request's own.
        std::uint64_t before = 0;
        do {
            before = house->commits();
            house->serve();
        } while (house->commits() != before);
        house->turn_takes = {};
        Response response =
            house->ask(Caller::maker, method_of(of), target, body, std::move(headers));
        house->turn_takes = milliseconds{1'000};
        ++answers[response.status];
        const std::string what = std::string(of.route) + " " + target.substr(0, 200) + " " +
                                 body.substr(0, 300) + " → " + std::to_string(response.status) +
                                 " " + response.body.substr(0, 500);
        CHECK_TEXT(response.status < 500, what.c_str());
        if (response.status >= 400) {
            // Not one transaction, so nothing was half-written either.
            CHECK_TEXT(house->commits() == before, what.c_str());
        }
        const std::string mistake = contract.mistake(std::string(of.route), response);
        CHECK_TEXT(mistake.empty(), (mistake + ": " + what).c_str());
        return response;
    }
    static std::string field_of(const Response& response) {
        return nlohmann::json::parse(response.body).value("field", "");
    }
    void each_body(
        const std::function<void(const RouteCase&, const std::string&, const Json&)>& visit) {
        for (const RouteCase& of : route_cases()) {
            if (of.body.empty()) continue;
            const House::Filled filled = house->fill(of.target, of.body);
            const Json body = Json::parse(filled.body);
            if (body.is_object()) visit(of, filled.target, body);
        }
    }
};

// promise: api-refuses
TEST(ApiFuzz, of_one_member_is_refused_by_its_name) {
    each_body([&](const RouteCase& of, const std::string&, const Json& body) {
        for (const auto& [name, ignored] : body.items()) {
            // What was taken once would make the next one a repeat: each has ids of its own.
            for (const std::string& value : odd_values()) {
                const House::Filled fresh = house->fill(of.target, of.body);
                const std::string text = with_member(Json::parse(fresh.body), name, value);
                const Response response = ask(of, fresh.target, text);
                // Deeper than any body is as good as none.
                const bool is_json =
                    Json::accept(text) && text.find(nested('[', 40)) == std::string::npos;
                if (response.status < 400) continue;
                LONGS_EQUAL_TEXT(is_json, response.status != 400, text.substr(0, 300).c_str());
                if (!is_json || says_nothing(name, value)) continue;
                STRCMP_EQUAL_TEXT(
                    name.c_str(), field_of(response).c_str(),
                    (std::string(of.route) + text.substr(0, 300) + response.body).c_str());
            }
        }
    });
}

// promise: api-refuses
TEST(ApiFuzz, of_the_members_there_are_is_refused_by_name) {
    each_body([&](const RouteCase& of, const std::string& target, const Json& body) {
        Json more = body;
        more["no_such_member"] = 1;
        STRCMP_EQUAL("no_such_member", field_of(ask(of, target, more.dump())).c_str());
        for (const auto& [name, value] : body.items()) {
            const std::string twice =
                "{\"" + name + "\":" + value.dump() + "," + body.dump().substr(1);
            const Response response = ask(of, target, twice);
            LONGS_EQUAL_TEXT(400, response.status, twice.c_str());
            STRCMP_EQUAL(name.c_str(), field_of(response).c_str());
            Json less = body;
            less.erase(name);
            const Response without = ask(of, target, less.dump());
            if (without.status >= 400) CHECK_FALSE(field_of(without).empty());
        }
    });
}

// promise: api-refuses
TEST(ApiFuzz, of_whole_bodies_is_refused) {
    for (const RouteCase& of : route_cases()) {
        if (of.body.empty()) continue;
        const House::Filled filled = house->fill(of.target, of.body);
        for (const std::string& text :
             {std::string("nul"), std::string("\xef\xbb\xbf"), std::string(3, '\0'),
              nested('[', kDeep), nested('{', kDeep), filled.body + filled.body, std::string("7"),
              std::string("\"text\""), std::string("[[]]"), std::string("[null,1]"),
              std::string("null"), std::string(R"([{"device_id":"a","model":"m"},7])")}) {
            const Response response = ask(of, filled.target, text);
            CHECK_TEXT(response.status >= 400,
                       (std::string(of.route) + text.substr(0, 99)).c_str());
        }
    }
}

// promise: api-refuses
TEST(ApiFuzz, of_parameters_is_refused_by_their_name) {
    for (const RouteCase& of : route_cases()) {
        if (method_of(of) != "GET") continue;
        const std::string target = house->fill(std::string(of.target));
        const std::string path = target.substr(0, target.find('?'));
        for (const std::string& name : contract.parameters(std::string(of.route))) {
            // The one that is needed stays, unless it is what changes.
            const bool needs = path.find("telemetry") != std::string::npos && name != "metric";
            const std::string rest = needs ? "metric=drain_duration_s&" : "";
            for (const std::string& word : odd_words()) {
                const Response response = ask(of, path + "?" + rest + name + "=" + word, {});
                if (response.status < 400 || word[0] == '%') continue;
                STRCMP_EQUAL_TEXT(name.c_str(), field_of(response).c_str(),
                                  (path + name + "=" + word.substr(0, 99) + response.body).c_str());
            }
            ask(of, path + "?" + rest + name + "=1&" + name + "=2", {});
        }
    }
}

// promise: api-refuses
TEST(ApiFuzz, of_ids_in_paths_finds_nothing) {
    for (const RouteCase& of : route_cases()) {
        const std::string path(of.route.substr(of.route.find(' ') + 1));
        const std::size_t mark = path.find("{}");
        if (mark == std::string::npos) continue;
        const House::Filled filled = house->fill(of.target, of.body);
        for (const std::string& word : odd_words()) {
            if (word.empty()) continue;  // another path
            std::string target = path;
            target.replace(mark, 2, word);
            const Response response = house->ask(Caller::maker, method_of(of), target, filled.body);
            CHECK_TEXT(response.status >= 400 && response.status < 500, target.c_str());
        }
    }
}

// promise: api-refuses
TEST(ApiFuzz, of_bytes_by_chance_never_breaks_it) {
    Rng rng(20'260'101);
    constexpr int kRounds = AFTERCARE_FUZZ_ROUNDS;
    // Each round leaves problems and tickets behind, which the next ones would have to look
    // through.
    constexpr int kRoundsPerHouse = 200;
    for (int round = 0; round < kRounds; ++round) {
        if (round > 0 && round % kRoundsPerHouse == 0) house.emplace();
        each_body([&](const RouteCase& of, const std::string& target, const Json& body) {
            std::string text = body.dump();
            for (std::uint64_t changes = 1 + rng.below(4); changes > 0; --changes) {
                const std::size_t at = rng.below(text.size());
                switch (rng.below(4)) {
                    case 0:
                        text[at] = static_cast<char>(rng.below(256));
                        break;
                    case 1:
                        text.erase(at, 1 + rng.below(8));
                        break;
                    case 2:
                        text.insert(at, text.substr(rng.below(text.size()), 12));
                        break;
                    default:
                        text.insert(at, 1, "{}[]\",:0-"[rng.below(9)]);
                }
                if (text.empty()) text = "x";
            }
            ask(of, target, text);
        });
    }
}
