#include "collector/core/kpi/definitions.hpp"

#include <fstream>
#include <sstream>

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector;

TEST_GROUP(KpiDefinitions){};

TEST(KpiDefinitions, are_the_text_of_the_manual) {
    std::ifstream file(AFTERCARE_SOURCE_DIR "/docs/kpi.md");
    std::ostringstream text;
    text << file.rdbuf();
    const std::string manual = text.str();
    CHECK_TRUE(!manual.empty());
    std::size_t last = 0;
    for (const Definition& d : kpi_definitions()) {
        const std::string row = "| `" + std::string(d.id) + "` | " + std::string(d.title) + " | ";
        const std::size_t place = manual.find(row);
        CHECK_TRUE_TEXT(place != std::string::npos && place > last, row.c_str());
        last = place;
        const std::size_t end = manual.find('\n', place);
        const std::string line = manual.substr(place, end - place);
        const std::string tail =
            ", " + std::string(d.unit) + " | " + std::string(d.definition) + " |";
        CHECK_TRUE_TEXT(line.size() > tail.size() && line.substr(line.size() - tail.size()) == tail,
                        line.c_str());
    }
}

TEST(KpiDefinitions, are_one_sentence_each) {
    for (const Definition& d : kpi_definitions()) {
        CHECK_TRUE_TEXT(!d.definition.empty() && d.definition.back() == '.', d.id.data());
    }
}
