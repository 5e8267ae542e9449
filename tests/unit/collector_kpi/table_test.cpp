#include "collector/io/text/table.hpp"

#include "collector/io/text/kpi_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(DisplayWidth){};

TEST(DisplayWidth, counts_columns_not_bytes) {
    LONGS_EQUAL(3, display_width("abc"));
    LONGS_EQUAL(6, display_width("Kühler"));
    LONGS_EQUAL(4, display_width("冷蔵"));
    LONGS_EQUAL(1, display_width("e\xCC\x81"));  // e and a combining acute accent
    LONGS_EQUAL(2, display_width("\xFF\xC3"));   // broken bytes
}

TEST_GROUP(Table) {
    Table table{{{"name", Column::Align::left, true}, {"n", Column::Align::right}}};
};

TEST(Table, aligns_numbers_right_and_text_left_by_what_the_eye_sees) {
    table.add({"Kühler", "7"});
    table.add({"ab", "123"});
    STRCMP_EQUAL("name      n\n───────────\nKühler    7\nab      123\n", table.text({}).c_str());
}

TEST(Table, never_gets_wider_than_the_screen) {
    table.add({"a very long name that does not fit", "123"});
    const std::string text = table.text({false, 20});
    STRCMP_CONTAINS("a very long na…  123\n", text.c_str());
}

TEST(Table, colours_only_when_wanted_and_prints_no_control_characters) {
    table.add_heading("Head");
    table.add({"a\x1b[31mb", "1"});
    CHECK_TRUE(table.text({}).find('\x1b') == std::string::npos);
    STRCMP_CONTAINS("\x1b[1mHead\x1b[0m", table.text({true, 0}).c_str());
}

TEST_GROUP(KpiText) {
    Kpi kpi;
};

TEST(KpiText, shows_value_interval_and_from_how_many) {
    kpi.section = "resolution";
    kpi.title = "SLA compliance";
    kpi.unit = "%";
    kpi.value = 92;
    kpi.low = 87.4;
    kpi.high = 95.0;
    kpi.numerator = 184;
    kpi.denominator = 1200;
    kpi.pending = 3;
    const std::string text = kpi_table_text({kpi}, {});
    STRCMP_CONTAINS("Resolution\n", text.c_str());
    STRCMP_CONTAINS("92.0 %", text.c_str());
    STRCMP_CONTAINS("87.4 … 95.0", text.c_str());
    STRCMP_CONTAINS("184 / 1,200", text.c_str());
}

TEST(KpiText, undefined_is_a_dash) {
    kpi.unit = "%";
    STRCMP_EQUAL("–", kpi_value_text(kpi).c_str());
    kpi.kind = KpiKind::count;
    kpi.value = 1'234'567;
    STRCMP_EQUAL("1,234,567", kpi_value_text(kpi).c_str());
}

TEST(KpiText, csv_leaves_undefined_cells_empty) {
    kpi.id = "fcr_net";
    std::string out;
    CsvWriter csv(out, CsvWriter::LineEnd::lf);
    append_kpi(csv, {"region", "north"}, kpi);
    STRCMP_EQUAL("region,north,fcr_net,,,,,,,0,0,,,,0\n", out.c_str());
}
