#include "collector/io/text/csv.hpp"

#include "collector/io/text/ticket_csv.hpp"
#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(CsvWriter) {
    std::string out;
    CsvWriter csv{out};
};

TEST(CsvWriter, quotes_what_rfc_4180_wants_quoted) {
    csv.text("plain").text("a,b").text("say \"hi\"").text("two\nlines").text("");
    csv.end_row();
    STRCMP_EQUAL("plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n", out.c_str());
}

TEST(CsvWriter, disarms_formulas_but_not_numbers) {
    csv.text("=1+1").text("@cmd").text("+x").text("-x").text("\ttab").number(-1.5);
    csv.end_row();
    STRCMP_EQUAL("'=1+1,'@cmd,'+x,'-x,'\ttab,-1.5\r\n", out.c_str());
}

TEST(CsvWriter, writes_the_shortest_number_that_reads_back) {
    csv.number(0.1).number(1e21).number(std::uint64_t{18'446'744'073'709'551'615U});
    csv.number(1.0 / 0.0);
    csv.end_row();
    STRCMP_EQUAL("0.1,1e+21,18446744073709551615,\r\n", out.c_str());
}

TEST_GROUP(TicketCsv) {
    std::string out;
    CsvWriter csv{out, CsvWriter::LineEnd::lf};
};

TEST(TicketCsv, keeps_its_columns) {
    append_ticket_header(csv);
    STRCMP_EQUAL(
        "ticket_id,tenant,device_id,component,failure_mode,origin,rule,opened_at,contacted_at,"
        "resolved_at,state,outcome,probability,horizon_h,centre,assignee,escalation_level,queue,"
        "merged_into\n",
        out.c_str());
    out.clear();
    Ticket ticket;
    ticket.id = "T1";
    ticket.tenant = "acme";
    ticket.device_id = "wm-1";
    ticket.component = "pump";
    ticket.failure_mode = "pump_blocked";
    ticket.rule = "pump@2";
    ticket.opened_at = *parse_rfc3339("2026-01-02T03:04:05Z");
    ticket.outcome = OutcomeCode::confirmed_fixed;
    ticket.state = TicketState::resolved;
    ticket.resolved_at = *parse_rfc3339("2026-01-03T00:00:00Z");
    ticket.probability = 0.75;
    ticket.horizon_h = 48;
    append_ticket(csv, ticket);
    ticket.centre = "north";
    ticket.work = {.assignee = "anna", .escalation_level = 2, .queue = RouteQueue::over_capacity};
    ticket.origin = Origin::reactive;
    ticket.outcome.reset();
    append_ticket(csv, ticket);
    STRCMP_EQUAL(
        "T1,acme,wm-1,pump,pump_blocked,predicted,pump@2,2026-01-02T03:04:05Z,,2026-01-03T00:00:"
        "00Z,"
        "resolved,confirmed_fixed,0.75,48,,,0,,\n"
        "T1,acme,wm-1,pump,pump_blocked,reactive,pump@2,2026-01-02T03:04:05Z,,2026-01-03T00:00:00Z,"
        "resolved,,,,north,anna,2,over_capacity,\n",
        out.c_str());
}

TEST_GROUP(CsvReader){};

TEST(CsvReader, reads_back_what_the_writer_wrote) {
    std::string text;
    CsvWriter csv{text};
    csv.header({"a", "b"});
    csv.text("x,\"y\"\r\nz").text("");
    csv.end_row();
    auto reader = CsvReader::create(text);
    const auto row = reader->next();
    STRCMP_EQUAL("x,\"y\"\r\nz", (*row)->cells[0].c_str());
    STRCMP_EQUAL("", (*row)->cells[1].c_str());
    CHECK_FALSE(reader->next().has_value());
}

TEST(CsvReader, takes_a_byte_order_mark_any_line_end_and_empty_lines) {
    auto reader = CsvReader::create(
        "\xEF\xBB\xBF"
        "a,b\n\n1,2\r\n\r\n3,\n");
    CHECK_TRUE(reader->column("a") == std::size_t{0});
    CHECK_FALSE(reader->column("c").has_value());
    auto row = reader->next();
    LONGS_EQUAL(3, (*row)->line);
    STRCMP_EQUAL("2", (*row)->cells[1].c_str());
    row = reader->next();
    LONGS_EQUAL(5, (*row)->line);
    STRCMP_EQUAL("", (*row)->cells[1].c_str());
    CHECK_FALSE(reader->next().has_value());
}

TEST(CsvReader, names_the_line_of_a_bad_row_and_goes_on) {
    auto reader = CsvReader::create("a,b\n1\n\"x\ny\",2\n\"p\"q,3\n5,6\n");
    auto row = reader->next();
    CHECK_FALSE(row->has_value());
    STRCMP_CONTAINS("line 2: 1 cells where the header has 2", row->error().message.c_str());
    row = reader->next();
    LONGS_EQUAL(3, (*row)->line);
    STRCMP_EQUAL("x\ny", (*row)->cells[0].c_str());
    row = reader->next();
    CHECK_FALSE(row->has_value());
    STRCMP_CONTAINS("line 5: a quoted cell", row->error().message.c_str());
    row = reader->next();
    LONGS_EQUAL(6, (*row)->line);
    STRCMP_EQUAL("6", (*row)->cells[1].c_str());
    CHECK_FALSE(reader->next().has_value());
}

TEST(CsvReader, an_open_quote_at_the_end_is_an_error_not_a_hang) {
    auto reader = CsvReader::create("a,b\n\"x,1\n");
    CHECK_FALSE(reader->next()->has_value());
    CHECK_FALSE(reader->next().has_value());
    auto last = CsvReader::create("a,b\n1,\"");
    CHECK_FALSE(last->next()->has_value());
    CHECK_FALSE(last->next().has_value());
}

TEST(CsvReader, refuses_no_header_and_a_doubled_column) {
    CHECK_FALSE(CsvReader::create("").has_value());
    CHECK_FALSE(CsvReader::create("\n\n").has_value());
    STRCMP_CONTAINS("\"a\" appears twice", CsvReader::create("a,a\n").error().message.c_str());
}
