// The stream of ticket events: what it tells, to whom, and that a broken one loses nothing.
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/rng.hpp"
#include "tests/integration/api/route_cases.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(Events) {
    House house;

    Response open(Caller caller, const std::string& from = {}) {
        std::map<std::string, std::string, std::less<>> headers;
        if (!from.empty()) headers["last-event-id"] = from;
        return house.ask(caller, "GET", "/api/v1/events", {}, headers);
    }
    struct Event {
        std::string id;
        std::string kind;
        std::string ticket_id;  ///< empty: of a rule
        unsigned no = 0;
        nlohmann::json data;
    };
    /// The events in a piece of the stream; `last_id` follows every id, as in a browser.
    static std::vector<Event> events_in(const std::string& text, std::string& last_id) {
        std::vector<Event> events;
        std::string data, kind;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            if (line.rfind("id: ", 0) == 0) last_id = line.substr(4);
            if (line.rfind("event: ", 0) == 0) kind = line.substr(7);
            if (line.rfind("data: ", 0) == 0) data = line.substr(6);
            if (!line.empty() || data.empty()) continue;
            const auto json = nlohmann::json::parse(data);
            events.push_back({last_id, kind, json.value("ticket_id", ""), json["no"], json});
            data.clear();
        }
        return events;
    }
    std::vector<Event> next(const Response& response, std::string& last_id) const {
        return events_in(response.stream->next().text, last_id);
    }
    /// Those of rules, to the end of what there is.
    std::vector<Event> rule_changes(const Response& response, std::string& last_id) {
        std::vector<Event> changes;
        for (auto events = next(response, last_id); !events.empty();
             events = next(response, last_id)) {
            for (Event& event : events) {
                if (event.kind == "rule") changes.push_back(std::move(event));
            }
            house.pass(milliseconds{3'000});
        }
        return changes;
    }
    /// Until a rule changes, visits to the devices of its tickets find nothing. How many there
    /// were.
    unsigned visit_for_nothing() {
        constexpr unsigned kVisitsMax = 100;
        const auto changes = [&] {
            return house.database().sql("SELECT count(*) FROM rule_standing WHERE rule_id='pump'");
        };
        for (unsigned visits = 0; visits < kVisitsMax; ++visits) {
            if (changes() != "0") return visits;
            const std::string open_one =
                "SELECT ticket_id FROM ticket WHERE is_open AND origin = 'predicted' AND "
                "tenant = 'acme' AND rule = 'pump@1' LIMIT 1";
            std::string ticket = house.database().sql(open_one);
            if (ticket.empty()) {
                house.fill("{problem}");
                ticket = house.database().sql(open_one);
            }
            const Response stored =
                house.ask(Caller::maker, "POST", "/api/v1/outcomes",
                          R"({"id":"nothing-)" + std::to_string(visits) + R"(","ticket_id":")" +
                              ticket + R"(","code":"no_fault_found"})");
            LONGS_EQUAL_TEXT(201, stored.status, stored.body.c_str());
        }
        return kVisitsMax;
    }
    /// A call, which opens a ticket: two events.
    std::string new_ticket() {
        return house.fill("{ticket}");
    }
};

// promise: events-resume
TEST(Events, tell_what_is_stored_from_the_opening_on) {
    const Response stream = open(Caller::maker);
    LONGS_EQUAL(200, stream.status);
    STRCMP_EQUAL("text/event-stream", stream.content_type.c_str());
    std::string id;
    CHECK_TRUE(next(stream, id).empty());
    CHECK_FALSE(id.empty());  // where to go on from, before anything happened
    CHECK_TRUE(stream.stream->next().text.empty());
    const std::string ticket = new_ticket();
    const auto events = next(stream, id);
    LONGS_EQUAL(2, events.size());
    STRCMP_EQUAL(ticket.c_str(), events[0].ticket_id.c_str());
    LONGS_EQUAL(1, events[0].no);
    LONGS_EQUAL(2, events[1].no);
}

// promise: events-resume
TEST(Events, come_once_and_in_order_however_often_the_stream_breaks) {
    std::string id;
    auto stream = std::make_unique<Response>(open(Caller::maker));
    next(*stream, id);
    Rng rng(7);
    std::vector<Event> heard;
    std::vector<std::string> opened;
    for (int i = 0; i < 300; ++i) {
        switch (rng.below(6)) {
            case 0:  // breaks: what was read and not yet heard of is asked for again
                stream.reset();
                stream = std::make_unique<Response>(open(Caller::maker, id));
                LONGS_EQUAL(200, stream->status);
                break;
            case 1:
                if (rng.below(8) > 0) break;
                stream.reset();
                house.restart();
                stream = std::make_unique<Response>(open(Caller::maker, id));
                break;
            case 2:
            case 3:
                opened.push_back(new_ticket());
                break;
            default: {
                std::string seen = id;
                std::vector<Event> events = next(*stream, seen);
                if (events.empty()) {
                    id = seen;
                    break;
                }
                // The connection dies somewhere inside the piece.
                const std::size_t arrived = 1 + rng.below(events.size());
                id = arrived == events.size() ? seen : events[arrived - 1].id;
                heard.insert(heard.end(), events.begin(),
                             events.begin() + static_cast<std::ptrdiff_t>(arrived));
                stream.reset();
                stream = std::make_unique<Response>(open(Caller::maker, id));
            }
        }
    }
    house.pass(milliseconds{1'000});
    for (auto rest = next(*stream, id); !rest.empty(); rest = next(*stream, id)) {
        heard.insert(heard.end(), rest.begin(), rest.end());
        house.pass(milliseconds{3'000});
    }
    LONGS_EQUAL(2 * opened.size(), heard.size());
    for (std::size_t i = 0; i < heard.size(); ++i) {
        STRCMP_EQUAL(opened[i / 2].c_str(), heard[i].ticket_id.c_str());
        LONGS_EQUAL(1 + i % 2, heard[i].no);
    }
}

// promise: nothing-crosses
TEST(Events, are_those_of_the_tickets_one_may_see) {
    std::string id;
    const Response ours = open(Caller::centre);
    const Response theirs = open(Caller::south);
    const Response rival = open(Caller::rival);
    for (const Response* one : {&ours, &theirs, &rival}) next(*one, id);
    new_ticket();
    LONGS_EQUAL(2, next(ours, id).size());
    for (const Response* one : {&theirs, &rival}) {
        std::string past = id;
        CHECK_TRUE(next(*one, past).empty());
        STRCMP_EQUAL(id.c_str(), past.c_str());  // a resume need not look there again
    }
}

// promise: rule-floor
TEST(Events, tell_makers_and_auditors_of_a_rule_that_shelved_itself) {
    std::string id;
    const Response maker = open(Caller::maker), auditor = open(Caller::auditor),
                   rival = open(Caller::rival), centre = open(Caller::centre);
    for (const Response* one : {&maker, &auditor, &rival, &centre}) next(*one, id);
    // The house begins with 4 right: of n decided the upper end of Wilson's interval falls below
    // the floor of 25 % at 4 of 37 (24.7 %), and not at 4 of 36 (25.3 %).
    LONGS_EQUAL(33, visit_for_nothing());
    // A pack serves every tenant of the collector, and its rules stand alike for all of them.
    for (const Response* one : {&maker, &auditor, &rival}) {
        std::string at = id;
        const auto changes = rule_changes(*one, at);
        LONGS_EQUAL(1, changes.size());
        const nlohmann::json& change = changes[0].data;
        STRCMP_EQUAL("pump", change["rule_id"].get<std::string>().c_str());
        STRCMP_EQUAL("shelved", change["mode"].get<std::string>().c_str());
        STRCMP_EQUAL("engine", change["who"].get<std::string>().c_str());
        STRCMP_CONTAINS("right in 4 of 37", change["why"].get<std::string>().c_str());
        LONGS_EQUAL(4, change["right"].get<int>());
        // The place is kept as that of any event.
        std::string again = id, after = changes[0].id;
        const Response resumed = open(Caller::maker, id);
        STRCMP_EQUAL(after.c_str(), rule_changes(resumed, again).at(0).id.c_str());
        LONGS_EQUAL(0, rule_changes(open(Caller::maker, after), again).size());
    }
    LONGS_EQUAL(0, rule_changes(centre, id).size());
}

// promise: nothing-crosses
TEST(Events, tell_who_changed_a_rule_to_its_owner_only) {
    std::string id;
    const Response maker = open(Caller::maker), rival = open(Caller::rival);
    for (const Response* one : {&maker, &rival}) next(*one, id);
    const Response stored = house.ask(Caller::maker, "POST", "/api/v1/rules/pump/standing",
                                      R"({"mode":"shadow","reason":"secret-of-acme"})");
    LONGS_EQUAL_TEXT(200, stored.status, stored.body.c_str());
    std::string at = id;
    const auto ours = rule_changes(maker, at), theirs = rule_changes(rival, id);
    STRCMP_EQUAL("secret-of-acme", ours.at(0).data["why"].get<std::string>().c_str());
    STRCMP_EQUAL("api:maker", ours.at(0).data["who"].get<std::string>().c_str());
    STRCMP_EQUAL("shadow", theirs.at(0).data["mode"].get<std::string>().c_str());
    STRCMP_EQUAL("", theirs.at(0).data["why"].get<std::string>().c_str());
    STRCMP_EQUAL("", theirs.at(0).data["who"].get<std::string>().c_str());
}

TEST(Events, come_in_pieces_when_there_are_many) {
    const std::string first = "e0";
    for (int i = 0; i < 150; ++i) new_ticket();
    const Response stream = open(Caller::maker, first);
    std::string id;
    LONGS_EQUAL(kEventsPerChunkMax, next(stream, id).size());
    CHECK_TRUE(next(stream, id).size() > 100);
}

TEST(Events, keep_the_connection_alive_with_a_comment) {
    const Response stream = open(Caller::maker);
    std::string id;
    next(stream, id);
    house.pass(milliseconds{14'000});
    STRCMP_EQUAL("", stream.stream->next().text.c_str());
    house.pass(milliseconds{2'000});
    STRCMP_EQUAL(": still here\n\n", stream.stream->next().text.c_str());
}

TEST(Events, end_with_the_token) {
    const Response stream = open(Caller::maker);
    CHECK_FALSE(stream.stream->next().last);
    house.revoke(Caller::maker);
    new_ticket();
    const ResponseStream::Chunk chunk = stream.stream->next();
    CHECK_TRUE(chunk.last);
    STRCMP_EQUAL("", chunk.text.c_str());
}

TEST(Events, go_to_a_bounded_number_of_listeners) {
    std::vector<Response> streams;
    for (std::size_t i = 0; i < kStreamsPerTokenMax; ++i) {
        streams.push_back(open(Caller::maker));
        LONGS_EQUAL(200, streams.back().status);
    }
    LONGS_EQUAL(429, open(Caller::maker).status);
    LONGS_EQUAL(200, open(Caller::auditor).status);
    LONGS_EQUAL(1, house.api().statistics().streams_refused);
    streams.pop_back();
    LONGS_EQUAL(200, open(Caller::maker).status);
    streams.clear();
    LONGS_EQUAL(0, house.api().statistics().open_streams);
}

TEST(Events, begin_nowhere_that_was_never_given_out) {
    for (const char* id : {"7", "e", "exyz", "e-1", "e99999999", "effffffffffffffffff"}) {
        const Response response = open(Caller::maker, id);
        LONGS_EQUAL_TEXT(400, response.status, id);
        STRCMP_CONTAINS("Last-Event-ID", response.body.c_str());
    }
}
