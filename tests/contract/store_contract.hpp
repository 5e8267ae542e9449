// What every Store and its Queries promise, as one list of tests. A test file makes a fixture that
// can build the pair and expands STORE_CONTRACT_LIST once, giving each promise a TEST of its group.
#pragma once

#include "collector/ports/queries.hpp"
#include "collector/ports/store.hpp"

namespace aftercare::collector::testing {

class StoreFixture {
  public:
    virtual ~StoreFixture() = default;
    virtual Store& store() = 0;
    virtual Queries& queries() = 0;
    /// Closes everything and opens what is stored again; a store without a file does nothing.
    virtual void reopen() = 0;
};

#define STORE_CONTRACT_LIST(X)                               \
    X(an_empty_store_loads_as_nothing)                       \
    X(what_was_applied_is_loaded)                            \
    X(marks_and_totals_survive_reopening)                    \
    X(applying_a_commit_twice_changes_nothing)               \
    X(a_commit_half_stored_already_is_refused_whole)         \
    X(overlapping_reports_in_one_commit_are_refused)         \
    X(a_second_open_ticket_for_an_incident_is_refused_whole) \
    X(an_incident_may_open_again_after_it_ended)             \
    X(an_incident_may_change_tickets_within_a_commit)        \
    X(a_ticket_of_an_unknown_device_is_refused)              \
    X(a_device_number_never_changes_hands)                   \
    X(old_tickets_outcomes_and_contacts_are_not_loaded)      \
    X(a_ticket_is_read_with_all_that_hangs_on_it)            \
    X(tickets_are_paged_newest_first_without_loss)           \
    X(each_ticket_filter_narrows)                            \
    X(alarmed_tickets_are_found)                             \
    X(what_desks_made_of_a_ticket_is_kept)                   \
    X(tickets_are_found_by_queue_assignee_and_escalation)    \
    X(loads_of_centres_are_what_the_lists_show)              \
    X(senseless_filters_are_refused)                         \
    X(devices_are_paged_and_filtered)                        \
    X(a_device_is_found_within_its_tenant)                   \
    X(faults_come_newest_first)                              \
    X(kpi_rows_hold_state_changes_only)                      \
    X(trials_are_loaded_while_outcomes_can_reach_them)       \
    X(the_last_standing_of_each_rule_is_loaded)              \
    X(decided_predictions_are_counted_by_rule_and_model)     \
    X(problems_are_loaded_while_they_can_change)             \
    X(a_second_unsettled_problem_of_a_key_is_refused_whole)  \
    X(problems_are_paged_newest_first_with_their_devices)    \
    X(watches_are_loaded_while_their_ticket_is_resolved)     \
    X(outcomes_are_paged_and_those_in_review_stay_loaded)    \
    X(refusals_are_counted_exactly)                          \
    X(refusals_are_their_tenants_own)                        \
    X(refused_messages_are_kept_whole_until_released)        \
    X(counts_add_up)

#define STORE_CONTRACT_DECLARE(name) void name(StoreFixture& fixture);
STORE_CONTRACT_LIST(STORE_CONTRACT_DECLARE)
#undef STORE_CONTRACT_DECLARE

}  // namespace aftercare::collector::testing
