"""Needs, the pairs that serve them, and the night's plans."""

from tests.contract.rows.behaviours import (
    AT_ONCE,
    CUT,
    HAPPY,
    LOST,
    MANY,
    MISSING,
    RACE,
    REFUSED,
    SCOPE,
    STALE,
    TWICE,
    UNDER_ONE_KEY,
    Row,
)

NO_SUCH = "test_what_hangs_on_something_that_is_not_there_is_refused_and_nothing_is_written"
RULES = "test_a_value_that_breaks_a_rule_is_refused_with_its_place_and_never_a_secret"
AGAIN = "test_loading_twice_changes_nothing"
ONCE = "test_the_same_made_by_many_at_once_is_made_once"
RENAMED = "test_a_renamed_capability_is_found_in_cards_by_its_new_name_and_no_more_by_the_old"
CROWD = "test_any_crowd_leaves_counts_that_agree"
NEEDS_MANY = "test_ten_thousand_needs_are_loaded_locked_and_counted_up_in_one_call_each"
HIDDEN = "test_to_a_neighbour_and_to_another_provider_a_need_does_not_exist"
ASSIGNMENT = "test_an_assignment_comes_back_as_it_was_written"
SEEN_BY = "test_an_assignment_is_seen_by_the_need_s_area_and_its_provider_only"
PLAN_SCOPE = "test_a_plan_is_seen_where_its_area_lies_below_or_above"
PAGES = "test_the_pages_of_a_plan_come_back_as_they_were_stored"
FENCE = "test_who_raised_the_fence_last_moves_the_plan_on_and_nobody_else"
FENCE_RACE = "test_a_fence_raised_by_many_at_once_lets_the_last_one_through"
GIVEN_UP = "test_a_plan_that_is_given_up_shuts_out_who_was_writing_it_and_stays_so"
LEASE = "test_a_lease_has_one_holder_until_it_runs_out_or_is_given_back"
LOCKED = "test_locked_needs_can_be_counted_up_and_those_missing_are_left_out"
ERASED = "test_what_was_an_erased_person_s_is_gone_and_nothing_new_is_written_of_them"
DECLINED = "test_a_no_is_noted_once_a_pair_with_the_latest_terms"
WRITTEN_BACK = "test_what_was_a_person_s_is_written_back_as_it_was_changed_under_the_lock"
RULED = "test_who_is_ruled_out_is_so_until_it_is_lifted_and_stands_once"
LOADED_EXCLUSIONS = "test_what_is_loaded_stands_once_and_stays_lifted"
APART_RACE = "test_two_offers_of_one_provider_for_needs_kept_apart_do_not_pass_each_other"
SHOWINGS = "test_showings_come_in_pages_of_the_scope_the_latest_first_without_gaps_or_doubles"
GIVEN_UP_FOR = "test_a_run_whose_plan_was_given_up_for_another_writes_nothing_more"
SLEPT = "test_a_run_that_slept_past_its_lease_is_taken_over_and_writes_nothing_more"
SECOND_RUN = "test_a_second_run_while_one_is_at_work_is_told_until_when"

ROWS: dict[str, Row] = {
    "Needs.get": {HAPPY: "test_a_need_comes_back_as_it_was_written_but_for_its_text", MISSING: HIDDEN, SCOPE: HIDDEN},
    "Needs.in_scope": {HAPPY: HIDDEN, SCOPE: HIDDEN},
    "Needs.require_in_scope": {HAPPY: HIDDEN, MISSING: HIDDEN, SCOPE: HIDDEN},
    "Needs.naming": {HAPPY: RENAMED, MANY: RENAMED},
    "Needs.rewrite_cards": {RACE: AT_ONCE, LOST: CUT, HAPPY: RENAMED, TWICE: RENAMED},
    "Needs.many": {HAPPY: "test_many_needs_come_in_the_order_asked_and_those_missing_are_left_out", MANY: NEEDS_MANY},
    "Needs.page": {
        HAPPY: "test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles",
        SCOPE: "test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles",
    },
    "Newest.page": {HAPPY: "test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles"},
    "Needs.create": {
        RACE: UNDER_ONE_KEY,
        HAPPY: "test_everything_done_by_the_writers_is_seen_within_their_own_transaction",
        MISSING: NO_SUCH,
        REFUSED: ERASED,
        LOST: CUT,
    },
    "Needs.lock": {LOST: CUT, HAPPY: LOCKED, MISSING: LOCKED, RACE: CROWD, MANY: NEEDS_MANY},
    "Needs.set_counters": {LOST: CUT, HAPPY: LOCKED, RACE: CROWD, MANY: NEEDS_MANY},
    "Needs.text": {
        HAPPY: "test_a_secret_opens_again",
        MISSING: "test_the_text_of_a_need_that_is_not_there_is_not_found",
        REFUSED: ERASED,
    },
    "Needs.count_showing": {
        HAPPY: "test_each_showing_of_a_text_is_counted",
        RACE: "test_counts_raised_by_many_at_once_lose_none",
        LOST: "test_a_showing_whose_reply_is_lost_is_written_down_however_often_it_was_asked_for",
    },
    "Needs.areas_of": {HAPPY: "test_the_titles_of_needs_out_of_scope_are_left_out"},
    "Needs.titles_in_scope": {
        HAPPY: "test_the_titles_of_needs_out_of_scope_are_left_out",
        SCOPE: "test_the_titles_of_needs_out_of_scope_are_left_out",
        MANY: NEEDS_MANY,
    },
    "Needs.set_states": {RACE: AT_ONCE, LOST: CUT, HAPPY: WRITTEN_BACK},
    "write_needs": {
        HAPPY: "test_three_thousand_rows_go_in_one_transaction",
        TWICE: AGAIN,
        MISSING: NO_SUCH,
        REFUSED: RULES,
        RACE: ONCE,
        LOST: CUT,
        MANY: NEEDS_MANY,
    },
    "ExclusionsOfNeeds.get": {HAPPY: RULED},
    "ExclusionsOfNeeds.apart": {HAPPY: RULED},
    "ExclusionsOfNeeds.ruled_out": {HAPPY: RULED},
    "ExclusionsOfNeeds.concerned": {HAPPY: "test_who_shares_a_household_is_concerned_by_what_it_rules_out"},
    "ExclusionsOfNeeds.lock": {LOST: CUT, HAPPY: RULED, RACE: APART_RACE},
    "ExclusionsOfNeeds.rule_out": {
        HAPPY: RULED,
        TWICE: RULED,
        MISSING: "test_nobody_is_ruled_out_for_ever_for_a_need_of_the_public",
        RACE: UNDER_ONE_KEY,
        LOST: CUT,
    },
    "ExclusionsOfNeeds.lift": {
        HAPPY: RULED,
        TWICE: RULED,
        MISSING: "test_nobody_is_ruled_out_for_ever_for_a_need_of_the_public",
        RACE: UNDER_ONE_KEY,
        LOST: CUT,
    },
    "ExclusionsOfNeeds.keep_apart": {HAPPY: RULED, TWICE: RULED, RACE: UNDER_ONE_KEY, LOST: CUT},
    "ExclusionsOfNeeds.lift_apart": {HAPPY: RULED, TWICE: RULED, RACE: UNDER_ONE_KEY, LOST: CUT},
    "write_served": {
        HAPPY: "test_what_was_served_before_is_loaded_once_and_counted",
        TWICE: "test_what_was_served_before_is_loaded_once_and_counted",
        RACE: ONCE,
        LOST: CUT,
    },
    "write_ruled_out": {HAPPY: LOADED_EXCLUSIONS, TWICE: LOADED_EXCLUSIONS, RACE: ONCE, LOST: CUT},
    "write_apart": {HAPPY: LOADED_EXCLUSIONS, TWICE: LOADED_EXCLUSIONS, RACE: ONCE, LOST: CUT},
    "Assignments.create": {
        HAPPY: ASSIGNMENT,
        TWICE: "test_a_second_live_pair_of_one_need_and_bucket_is_refused_by_the_store_itself",
        RACE: "test_the_same_pair_is_offered_once",
        LOST: CUT,
    },
    "Assignments.get": {HAPPY: ASSIGNMENT, MISSING: SEEN_BY, SCOPE: SEEN_BY},
    "Assignments.lock": {LOST: CUT, HAPPY: CROWD, RACE: "test_of_a_yes_and_a_no_at_once_one_wins"},
    "Assignments.many": {HAPPY: "test_pairs_that_are_over_share_having_no_live_key"},
    "Assignments.update": {HAPPY: ASSIGNMENT, RACE: "test_of_a_yes_and_a_no_at_once_one_wins", LOST: CUT},
    "Assignments.holding": {HAPPY: "test_what_holds_a_bucket_is_every_pair_that_reserves_or_takes_of_it"},
    "Assignments.live": {HAPPY: ASSIGNMENT},
    "Assignments.page": {
        HAPPY: "test_assignments_come_in_pages_of_the_scope_without_gaps_or_doubles",
        SCOPE: "test_assignments_come_in_pages_of_the_scope_without_gaps_or_doubles",
    },
    "Assignments.overdue": {HAPPY: "test_what_is_overdue_is_offered_and_past_its_time"},
    "Assignments.mark_declined": {RACE: AT_ONCE, HAPPY: DECLINED, TWICE: DECLINED, LOST: CUT},
    "Assignments.declined": {HAPPY: DECLINED, MISSING: DECLINED},
    "Events.append": {
        RACE: AT_ONCE,
        HAPPY: "test_a_need_s_history_is_its_own_events_and_its_pairs_in_order",
        TWICE: "test_one_number_of_a_subject_is_one_event",
        LOST: CUT,
    },
    "Events.at": {HAPPY: SHOWINGS, MISSING: SHOWINGS},
    "Events.history": {
        HAPPY: "test_a_need_s_history_is_its_own_events_and_its_pairs_in_order",
        MISSING: "test_a_need_s_history_is_its_own_events_and_its_pairs_in_order",
    },
    "Events.showings": {HAPPY: SHOWINGS, SCOPE: SHOWINGS},
    "Notices.post": {RACE: AT_ONCE, HAPPY: "test_a_notice_waits_in_the_outbox", LOST: CUT},
    "Plans.create": {
        HAPPY: "test_a_plan_comes_back_as_it_was_written_and_is_written_once",
        TWICE: "test_a_plan_comes_back_as_it_was_written_and_is_written_once",
        RACE: ONCE,
        LOST: CUT,
    },
    "Plans.add_page": {RACE: SLEPT, HAPPY: PAGES, TWICE: PAGES, LOST: CUT},
    "Plans.set_state": {RACE: GIVEN_UP_FOR, LOST: CUT, HAPPY: GIVEN_UP},
    "Plans.finish": {RACE: SLEPT, HAPPY: FENCE, LOST: CUT},
    "Plans.abandon_others": {RACE: GIVEN_UP_FOR, LOST: CUT, HAPPY: GIVEN_UP},
    "Plans.get": {
        HAPPY: "test_a_plan_comes_back_as_it_was_written_and_is_written_once",
        MISSING: PLAN_SCOPE,
        SCOPE: PLAN_SCOPE,
    },
    "Plans.of_night": {HAPPY: "test_plans_come_in_pages_the_latest_first_without_gaps_or_doubles"},
    "Plans.page": {HAPPY: "test_plans_come_in_pages_the_latest_first_without_gaps_or_doubles", SCOPE: PLAN_SCOPE},
    "Plans.pairs": {HAPPY: PAGES},
    "Plans.pages": {HAPPY: PAGES},
    "Plans.unmet": {HAPPY: PAGES},
    "Plans.bottlenecks": {HAPPY: PAGES},
    "Plans.raise_fence": {HAPPY: FENCE, STALE: FENCE, RACE: FENCE_RACE, LOST: CUT},
    "Plans.require_fence": {LOST: CUT, HAPPY: FENCE, STALE: FENCE, RACE: FENCE_RACE},
    "Plans.advance": {RACE: SLEPT, HAPPY: FENCE, LOST: CUT},
    "paged": {HAPPY: PAGES},
    "Leases.take": {LOST: CUT, HAPPY: LEASE, STALE: LEASE, RACE: "test_a_lease_taken_by_many_at_once_has_one_holder"},
    "Leases.release": {RACE: SECOND_RUN, LOST: CUT, HAPPY: LEASE},
    "Snapshots.read": {
        HAPPY: "test_a_snapshot_s_needs_equal_what_was_written",
        SCOPE: "test_a_snapshot_of_one_area_has_its_needs_only_and_everybody_s_resources",
    },
    "Holdings.of_periods": {HAPPY: "test_a_snapshot_holds_what_is_reserved_and_taken_in_its_week_month_and_once"},
    "Holdings.of_needs": {HAPPY: "test_a_snapshot_holds_what_is_reserved_and_taken_in_its_week_month_and_once"},
    "Holdings.busy": {HAPPY: "test_who_is_with_somebody_else_at_the_appointed_time_is_not_asked"},
    "Holdings.loads": {HAPPY: "test_a_snapshot_knows_what_each_resource_gave_in_the_period_before"},
    "Limits.quotas": {HAPPY: "test_a_snapshot_has_the_month_s_quotas_of_units_and_of_areas"},
    "Limits.used": {HAPPY: "test_what_is_used_of_a_quota_is_of_its_month_and_of_what_lies_below"},
    "Limits.lock": {
        HAPPY: "test_an_offer_that_would_break_a_quota_is_refused_with_whose_it_is",
        RACE: "test_of_many_who_offer_at_once_the_last_unit_of_a_quota_goes_to_one",
        LOST: CUT,
    },
    "Limits.floors": {HAPPY: "test_a_snapshot_has_the_floors_of_the_area_asked_for_and_below_it"},
    "ints": {HAPPY: "test_a_snapshot_s_needs_equal_what_was_written"},
    "links": {HAPPY: "test_a_snapshot_s_needs_equal_what_was_written"},
    "days": {HAPPY: "test_a_snapshot_s_resources_equal_what_was_written"},
    "groups": {HAPPY: "test_a_snapshot_knows_who_has_served_whom_and_which_needs_go_together"},
    "settle_appointments": {HAPPY: "test_an_appointed_need_has_the_one_window_agreed_on_in_the_week_in_which_it_lies"},
    "chunks": {HAPPY: "test_a_snapshot_is_read_in_pieces_that_fit_together"},
}
