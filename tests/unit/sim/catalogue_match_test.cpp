// The tables of the model and the shipped catalogue describe the same appliances.
#include "collector/io/toml/catalogue_toml.hpp"
#include "firmware_sim/model/kind.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

TEST_GROUP(ShippedCatalogue) {
    collector::Catalogue catalogue;

    void setup() override {
        auto loaded =
            collector::load_catalogue(AFTERCARE_SOURCE_DIR "/deploy/catalogue/appliances.toml");
        CHECK_TEXT(loaded.has_value(), loaded ? "" : loaded.error().message.c_str());
        catalogue = std::move(*loaded);
    }
};

TEST(ShippedCatalogue, names_every_metric_with_its_range) {
    for (const auto* kind : all_kinds()) {
        const auto* model = catalogue.model(kind->model);
        CHECK(model != nullptr);
        CHECK_EQUAL(kind->metrics.size(), model->metrics.size());
        for (const auto& spec : kind->metrics) {
            const auto* metric = model->metric(spec.id);
            CHECK(metric != nullptr && metric->name == spec.name);
            DOUBLES_EQUAL(spec.low, metric->low, 0);
            DOUBLES_EQUAL(spec.high, metric->high, 0);
        }
    }
}

TEST(ShippedCatalogue, names_every_failure_mode_with_component_remedy_and_code) {
    for (const auto* kind : all_kinds()) {
        const auto* model = catalogue.model(kind->model);
        CHECK_EQUAL(kind->modes.size(), model->failure_modes.size());
        for (const auto& spec : kind->modes) {
            const auto* mode = model->failure_mode(spec.id);
            CHECK_TEXT(mode != nullptr, std::string(spec.id).c_str());
            CHECK(mode->component == spec.component);
            CHECK(mode->self_help == spec.self_help);
            CHECK(mode->parts.empty() == spec.part.empty());
            if (!spec.part.empty()) CHECK(mode->parts.front() == spec.part);
            CHECK(model->component(spec.component_id)->name == spec.component);
            // The household finds the failure mode of a notice by its message key.
            if (spec.self_help) CHECK(mode->message_key == spec.id);
            if (spec.fault_code == 0) continue;
            CHECK(model->fault(spec.fault_code) != nullptr);
            CHECK(model->fault(spec.fault_code)->component == spec.component);
        }
    }
}

TEST(ShippedCatalogue, speaks_to_customers_in_english_and_german) {
    for (const auto* kind : all_kinds()) {
        const auto* model = catalogue.model(kind->model);
        for (const collector::FailureMode& mode : model->failure_modes) {
            CHECK_TEXT(!mode.skill.empty() && mode.labour_min > 0, mode.id.c_str());
            CHECK_EQUAL(mode.message_key.empty(), mode.message.empty());
            const auto english = text_for(*model, mode, "en-GB");
            const auto german = text_for(*model, mode, "de");
            CHECK_TEXT(english.title != german.title, mode.id.c_str());
            if (mode.message.empty()) continue;
            STRCMP_EQUAL_TEXT("de", german.language.c_str(), mode.id.c_str());
            CHECK_TEXT(english.message != german.message, mode.id.c_str());
            CHECK_EQUAL(english.article.empty(), german.article.empty());
            if (!english.article.empty()) CHECK(english.article != german.article);
        }
    }
}

TEST(ShippedCatalogue, names_every_transient_code_and_every_counter) {
    for (const auto* kind : all_kinds()) {
        const auto* model = catalogue.model(kind->model);
        for (const auto& transient : kind->transients)
            CHECK(model->fault(transient.code) != nullptr);
        CHECK_EQUAL(3U, model->counters.size());
    }
}
