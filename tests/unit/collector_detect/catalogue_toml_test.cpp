#include "collector/io/toml/catalogue_toml.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

constexpr std::string_view kWashers = R"(
[[model]]
id = "WM-900"
family = "washing_machine"
title = "Washer 900"
component = [ { id = 1, name = "drain_pump" }, { id = 2, name = "door_lock" } ]
metric = [
  { id = 1, name = "drain_duration_s", unit = "s", title = "Drain time", range = [0, 300] },
]
fault = [ { id = 18, name = "E18", severity = "major", component = "drain_pump" } ]
counter = [ { id = 1, name = "cycles_count" } ]
[[model.failure_mode]]
id = "drain_pump_blocked"
component = "drain_pump"
title = "Drain pump \"blocked\""
message_key = "clean_filter"
article = "KB-1"
self_help = true
parts = ["P-1", "P-2"]
skill = "white_goods"
labour_min = 35

[[model]]
id = "WM-910"
like = "WM-900"
metric = [ { id = 2, name = "motor_current_a" } ]
)";

Catalogue good(std::string_view text) {
    const auto catalogue = parse_catalogue(text, "test.toml");
    if (!catalogue) FAIL(catalogue.error().message.c_str());
    return *catalogue;
}

std::string mistakes(std::string_view text) {
    const auto catalogue = parse_catalogue(text, "test.toml");
    CHECK_FALSE(catalogue.has_value());
    CHECK(catalogue.error().code == Errc::invalid);
    return catalogue.error().message;
}

void check_contains(const std::string& text, std::string_view part) {
    STRCMP_CONTAINS(std::string(part).c_str(), text.c_str());
}

}  // namespace

TEST_GROUP(CatalogueToml){};

TEST(CatalogueToml, reads_every_kind_of_entry) {
    const Catalogue catalogue = good(kWashers);
    const ModelInfo* model = catalogue.model("WM-900");
    CHECK(model != nullptr);
    STRCMP_EQUAL("washing_machine", model->family.c_str());
    DOUBLES_EQUAL(300, model->metric("drain_duration_s")->high, 0);
    CHECK(model->fault("E18")->severity == Severity::major);
    LONGS_EQUAL(18, model->fault("E18")->id);
    LONGS_EQUAL(2, model->component("door_lock")->id);
    STRCMP_EQUAL("cycles_count", model->counters.at(0).name.c_str());
    const FailureMode* mode = model->failure_mode("drain_pump_blocked");
    CHECK(mode != nullptr && mode->self_help);
    LONGS_EQUAL(2, mode->parts.size());
    DOUBLES_EQUAL(35, mode->labour_min, 0);
}

TEST(CatalogueToml, a_model_like_another_has_its_entries_and_its_own) {
    const Catalogue catalogue = good(kWashers);
    const ModelInfo* model = catalogue.model("WM-910");
    CHECK(model != nullptr);
    STRCMP_EQUAL("washing_machine", model->family.c_str());
    STRCMP_EQUAL("WM-910", model->title.c_str());
    LONGS_EQUAL(2, model->metrics.size());
    CHECK(model->failure_mode("drain_pump_blocked") != nullptr);
}

TEST(CatalogueToml, writes_text_that_reads_back_to_the_same_catalogue) {
    Catalogue catalogue = good(kWashers);
    catalogue.models[0].metrics[0].title = "tab\there, \\ and \"quotes\" – é";
    catalogue.models[0].metrics[0].low = 0.1;
    const std::string text = catalogue_to_toml(catalogue);
    const Catalogue again = good(text);
    STRCMP_EQUAL(text.c_str(), catalogue_to_toml(again).c_str());
    STRCMP_EQUAL(catalogue.models[0].metrics[0].title.c_str(),
                 again.models[0].metrics[0].title.c_str());
    DOUBLES_EQUAL(0.1, again.models[0].metrics[0].low, 0);
    LONGS_EQUAL(2, again.models[0].failure_modes[0].parts.size());
    LONGS_EQUAL(0, good(catalogue_to_toml({})).models.size());
}

TEST(CatalogueToml, names_file_line_column_key_and_what_is_allowed) {
    const std::string text = mistakes(
        "[[model]]\n"
        "id = \"A\"\n"
        "colour = 1\n"
        "component = [ { id = 1, name = \"pump\" } ]\n"
        "fault = [ { id = 0, name = \"E 1\", severity = \"bad\", component = \"pomp\" } ]\n");
    check_contains(text, "test.toml:3:10: model: unknown key 'colour': allowed are ");
    check_contains(text, "test.toml:5:18: fault, key 'id': 0 is out of bounds: allowed is 1 to ");
    check_contains(text, "key 'name': 'E 1' is not an id");
    check_contains(text,
                   "key 'severity': 'bad' is unknown: allowed are info, minor, major, critical");
    check_contains(text, "'pomp' is no component of model 'A': allowed are pump");
}

TEST(CatalogueToml, refuses_the_same_id_or_name_twice) {
    const std::string text = mistakes(
        "[[model]]\nid = \"A\"\nmetric = [ { id = 1, name = \"a\" }, { id = 1, name = \"a\" } ]\n"
        "[[model]]\nid = \"A\"\n");
    check_contains(text,
                   "test.toml:3:43: metric, key 'id': another entry of this model has the same id");
    check_contains(text, "key 'name': another entry of this model has the same name");
    check_contains(text, "test.toml:5:6: model, key 'id': another model has the same id");
}

TEST(CatalogueToml, tells_each_customer_in_the_nearest_language_there_is) {
    const std::string text = std::string(kWashers).replace(
        kWashers.find("labour_min = 35\n"), 16,
        "labour_min = 35\nmessage = \"Clean the filter.\"\nremote_remedy = \"Drain once.\"\n"
        "[model.failure_mode.text.de]\ntitle = \"Pumpe blockiert\"\n"
        "message = \"Sieb reinigen.\"\n"
        "[model.failure_mode.text.de-AT]\nmessage = \"Sieb putzen.\"\narticle = \"KB-1-at\"\n"
        "[model.failure_mode.text.fr]\ntitle = \"Pompe\"\n");
    Catalogue catalogue = good(text);
    for (const bool written_and_read : {false, true}) {
        if (written_and_read) catalogue = good(catalogue_to_toml(catalogue));
        const ModelInfo& model = catalogue.models[0];
        const FailureMode& mode = model.failure_modes[0];
        STRCMP_EQUAL("Drain once.", mode.remote_remedy.c_str());
        const auto shown = [&](const char* language) {
            const LocalText told = text_for(model, mode, language);
            return told.language + "|" + told.title + "|" + told.message + "|" + told.article;
        };
        STRCMP_EQUAL("de|Pumpe blockiert|Sieb reinigen.|KB-1", shown("de").c_str());
        STRCMP_EQUAL("de-AT|Pumpe blockiert|Sieb putzen.|KB-1-at", shown("de-AT").c_str());
        STRCMP_EQUAL("de|Pumpe blockiert|Sieb reinigen.|KB-1", shown("de-CH").c_str());
        STRCMP_EQUAL("en|Pompe|Clean the filter.|KB-1", shown("fr").c_str());
        STRCMP_EQUAL("en|Drain pump \"blocked\"|Clean the filter.|KB-1", shown("it").c_str());
        STRCMP_EQUAL(shown("it").c_str(), shown("").c_str());
    }
    const Catalogue german = good("language = \"de\"\n" + std::string(kWashers));
    STRCMP_EQUAL("de", german.models[1].language.c_str());
    STRCMP_EQUAL("de", good(catalogue_to_toml(german)).models[0].language.c_str());
}

TEST(CatalogueToml, points_at_texts_that_nobody_would_ever_read) {
    const std::string text = mistakes(
        "language = \"deutsch\"\n[[model]]\nid = \"A\"\n"
        "component = [ { id = 1, name = \"pump\" } ]\n"
        "[[model.failure_mode]]\nid = \"m\"\ncomponent = \"pump\"\narticle = \"" +
        std::string(49, 'a') +
        "\"\n[model.failure_mode.text.DE]\ntitle = \"x\"\n"
        "[model.failure_mode.text.fr]\nmessage = \"x\"\ncolour = \"x\"\n");
    check_contains(text, "test.toml:1:12: catalogue, key 'language': expected such as en or pt-BR");
    check_contains(text, "test.toml:8:11: failure_mode, key 'article': has 49 bytes");
    check_contains(text, "test.toml:9:1: failure_mode, text.DE: expected a table under a language");
    check_contains(text,
                   "test.toml:12:11: failure_mode, text.fr, key 'message': the failure mode has no "
                   "plain message to fall back to");
    check_contains(text, "test.toml:13:10: failure_mode, text.fr: unknown key 'colour'");
    check_contains(mistakes("[[model]]\nid = \"A\"\ncomponent = [ { id = 1, name = \"pump\" } ]\n"
                            "[[model.failure_mode]]\nid = \"m\"\ncomponent = \"pump\"\n"
                            "[model.failure_mode.text.en]\ntitle = \"x\"\n"),
                   "text.en: is the language of the plain texts");
}

TEST(CatalogueToml, points_at_text_that_is_not_toml) {
    check_contains(mistakes("[[model]]\nid = \n"), "test.toml:2:");
    check_contains(mistakes("id = 1\nid = 2\n"), "test.toml:2:");
}

TEST(CatalogueToml, says_when_a_file_is_not_there) {
    const auto catalogue = load_catalogue("/nonexistent/c.toml");
    CHECK(!catalogue && catalogue.error().code == Errc::not_found);
    check_contains(catalogue.error().message, "/nonexistent/c.toml");
}

TEST(CatalogueToml, shows_twenty_mistakes_and_counts_the_rest) {
    std::string text;
    for (int i = 0; i < 25; ++i) text += "k" + std::to_string(i) + " = 1\n";
    const std::string message = mistakes(text + "model = []\n");
    check_contains(message, "and 5 more mistakes");
}

TEST_GROUP(CatalogueForTrace){};

TEST(CatalogueForTrace, numbers_names_in_sorted_order_for_every_model) {
    const Catalogue catalogue =
        catalogue_for_trace({"m2", "m1", "m2"}, {"volt", "pressure"}, {"e2", "e1"}, {"c2", "c1"});
    LONGS_EQUAL(2, catalogue.models.size());
    STRCMP_EQUAL("m1", catalogue.models[0].id.c_str());
    LONGS_EQUAL(1, catalogue.models[1].metric("pressure")->id);
    LONGS_EQUAL(2, catalogue.models[1].metric("volt")->id);
    LONGS_EQUAL(2, catalogue.models[0].fault("e2")->id);
    STRCMP_EQUAL("c1", catalogue.models[0].failure_mode("c1")->component.c_str());
}
