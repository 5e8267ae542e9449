#include <string>

#include "collector/core/model/device.hpp"
#include "collector/core/model/ticket.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

template <class Enum, class Parse>
void check_round_trip(int count, Parse parse) {
    for (int i = 0; i < count; ++i) {
        const auto value = static_cast<Enum>(i);
        const auto back = parse(to_string(value));
        CHECK_TRUE(back.has_value());
        CHECK_TRUE(*back == value);
    }
    CHECK_FALSE(parse("no_such_name").has_value());
    CHECK_FALSE(parse("").has_value());
}

}  // namespace

TEST_GROUP(ModelNames){};

TEST(ModelNames, every_name_parses_back_to_its_member) {
    check_round_trip<Origin>(3, parse_origin);
    check_round_trip<TicketState>(11, parse_ticket_state);
    check_round_trip<OutcomeCode>(10, parse_outcome_code);
    check_round_trip<Decision>(4, parse_decision);
    check_round_trip<WarrantyState>(3, parse_warranty_state);
    check_round_trip<Direction>(2, parse_direction);
    check_round_trip<Channel>(4, parse_channel);
    check_round_trip<Severity>(4, parse_severity);
}

TEST(ModelNames, first_and_last_members_have_the_contract_names) {
    STRCMP_EQUAL("open", std::string(to_string(TicketState::open)).c_str());
    STRCMP_EQUAL("on_hold", std::string(to_string(TicketState::on_hold)).c_str());
    STRCMP_EQUAL("resolved", std::string(to_string(TicketState::resolved)).c_str());
    STRCMP_EQUAL("lapsed", std::string(to_string(TicketState::lapsed)).c_str());
    STRCMP_EQUAL("preventive_replacement",
                 std::string(to_string(OutcomeCode::preventive_replacement)).c_str());
    STRCMP_EQUAL("customer_declined",
                 std::string(to_string(OutcomeCode::customer_declined)).c_str());
    STRCMP_EQUAL("phone", std::string(to_string(Channel::phone)).c_str());
}

TEST_GROUP(Decide){};

TEST(Decide, a_fault_of_the_predicted_component_confirms) {
    CHECK_TRUE(decide(OutcomeCode::confirmed_fixed, "pump", "pump") == Decision::confirmed);
    CHECK_TRUE(decide(OutcomeCode::failure_repaired, "pump", "pump") == Decision::confirmed);
    CHECK_TRUE(decide(OutcomeCode::fixed_remotely, "pump", "pump") == Decision::confirmed);
    CHECK_TRUE(decide(OutcomeCode::unit_replaced, "pump", "pump") == Decision::confirmed);
}

TEST(Decide, confirmed_fixed_without_a_component_confirms_by_its_own_word) {
    CHECK_TRUE(decide(OutcomeCode::confirmed_fixed, "pump", "") == Decision::confirmed);
}

TEST(Decide, a_fault_elsewhere_is_another_fault_whatever_the_code_says) {
    CHECK_TRUE(decide(OutcomeCode::confirmed_fixed, "pump", "heater") == Decision::other_fault);
    CHECK_TRUE(decide(OutcomeCode::failure_repaired, "pump", "heater") == Decision::other_fault);
    CHECK_TRUE(decide(OutcomeCode::other_fault_fixed, "pump", "heater") == Decision::other_fault);
}

TEST(Decide, planned_work_refusals_and_unnamed_failures_leave_it_undecided) {
    CHECK_TRUE(decide(OutcomeCode::preventive_replacement, "pump", "pump") == Decision::undecided);
    CHECK_TRUE(decide(OutcomeCode::customer_declined, "pump", "") == Decision::undecided);
    CHECK_TRUE(decide(OutcomeCode::failure_repaired, "pump", "") == Decision::undecided);
}

TEST(Decide, no_fault_found_refutes) {
    CHECK_TRUE(decide(OutcomeCode::no_fault_found, "pump", "") == Decision::no_fault_found);
}

TEST(Decide, a_rule_without_a_component_is_confirmed_by_any_fault) {
    CHECK_TRUE(decide(OutcomeCode::failure_repaired, "", "heater") == Decision::confirmed);
}

TEST_GROUP(OutcomeClasses){};

TEST(OutcomeClasses, inspection_needs_a_visit_and_a_look) {
    CHECK_TRUE(physical_inspection(OutcomeCode::no_fault_found, 1));
    CHECK_FALSE(physical_inspection(OutcomeCode::no_fault_found, 0));
    CHECK_FALSE(physical_inspection(OutcomeCode::customer_declined, 1));
    CHECK_FALSE(physical_inspection(OutcomeCode::fixed_remotely, 1));
}

TEST(OutcomeClasses, planned_replacements_and_new_units_are_no_repairs) {
    CHECK_TRUE(is_repair(OutcomeCode::confirmed_fixed, 1));
    CHECK_TRUE(is_repair(OutcomeCode::failure_repaired, 2));
    CHECK_FALSE(is_repair(OutcomeCode::failure_repaired, 0));
    CHECK_FALSE(is_repair(OutcomeCode::preventive_replacement, 1));
    CHECK_FALSE(is_repair(OutcomeCode::unit_replaced, 1));
    CHECK_FALSE(is_repair(OutcomeCode::no_fault_found, 1));
}

TEST(OutcomeClasses, repairs_and_replacements_start_a_new_life) {
    CHECK_TRUE(replaces_part(OutcomeCode::preventive_replacement));
    CHECK_TRUE(replaces_part(OutcomeCode::unit_replaced));
    CHECK_FALSE(replaces_part(OutcomeCode::no_fault_found));
    CHECK_FALSE(replaces_part(OutcomeCode::self_resolved));
}

TEST_GROUP(Warranty){};

TEST(Warranty, ends_at_its_instant_and_is_unknown_without_a_date) {
    DeviceInfo device;
    CHECK_TRUE(warranty_at(device.warranty_until, wall_from_unix_ms(5)) == WarrantyState::unknown);
    device.warranty_until = wall_from_unix_ms(1000);
    CHECK_TRUE(warranty_at(device.warranty_until, wall_from_unix_ms(999)) ==
               WarrantyState::in_warranty);
    CHECK_TRUE(warranty_at(device.warranty_until, wall_from_unix_ms(1000)) ==
               WarrantyState::out_of_warranty);
}

TEST_GROUP(CatalogueLookup){};

TEST(CatalogueLookup, finds_by_id_and_by_name_or_returns_null) {
    ModelInfo model;
    model.id = "wm-1";
    model.metrics.push_back({7, "motor_current_ampere"});
    model.faults.push_back({18, "E18"});
    model.components.push_back({3, "drain_pump"});
    model.failure_modes.push_back({"drain_pump_blocked"});
    const Catalogue catalogue{{model}};
    const ModelInfo* found = catalogue.model("wm-1");
    CHECK_TRUE(found != nullptr);
    STRCMP_EQUAL("motor_current_ampere", found->metric(7U)->name.c_str());
    LONGS_EQUAL(18, found->fault("E18")->id);
    LONGS_EQUAL(3, found->component("drain_pump")->id);
    CHECK_TRUE(found->failure_mode("drain_pump_blocked") != nullptr);
    CHECK_TRUE(found->fault(99U) == nullptr);
    CHECK_TRUE(catalogue.model("other") == nullptr);
}
