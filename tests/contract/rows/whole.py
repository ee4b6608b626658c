"""The store as a whole: its schema, loading, upkeep and repeated requests."""

from tests.contract.rows.behaviours import (
    AT_ONCE,
    CUT,
    HAPPY,
    LOADED,
    LOOKS,
    LOST,
    MANY,
    MISSING,
    ONE_STATEMENT,
    RACE,
    REFUSED,
    SAYS,
    STALE,
    TWICE,
    Because,
    Row,
)

NO_SUCH = "test_what_hangs_on_something_that_is_not_there_is_refused_and_nothing_is_written"
RULES = "test_a_value_that_breaks_a_rule_is_refused_with_its_place_and_never_a_secret"
AGAIN = "test_loading_twice_changes_nothing"
ONCE = "test_the_same_made_by_many_at_once_is_made_once"
NEEDS_MANY = "test_ten_thousand_needs_are_loaded_locked_and_counted_up_in_one_call_each"
IDEMPOTENCY = "test_an_idempotency_key_remembers_the_outcome_of_its_request"
LOCKED = "test_whoever_writes_something_of_a_person_locks_them_and_refuses_the_erased"
NEW_ROWS = "test_loading_tells_how_many_were_new"
PARTY = "test_party_organisations_keep_their_tree_and_what_they_lead"
CARD = "test_a_card_says_title_capabilities_and_grid_and_no_more_than_400_characters"
SCHEMA = "test_the_schema_is_made_twice_without_harm_and_its_version_is_kept"
REWRAP = "test_keys_are_wrapped_anew_in_parts_and_then_the_old_master_key_is_not_needed"
THERE_OR_MADE = "test_what_is_there_and_what_was_just_made_are_told_apart"
SCHEMA_NOTED = "test_what_the_schema_has_come_to_is_noted_over_what_it_was"
REMEMBERS = Because("it remembers a moment, and writes nothing")
MIGRATION = Because("runs under the lease of a migration, see upgrade_to_present")

ROWS: dict[str, Row] = {
    "transaction": {
        HAPPY: "test_nothing_is_half_written_when_work_fails_in_the_middle",
        LOST: "test_an_interrupt_is_never_lost_nor_late",
    },
    "retrying": {
        HAPPY: "test_work_that_is_interrupted_is_run_again_from_the_start_and_has_one_effect",
        RACE: "test_who_keeps_meeting_others_gives_up_in_the_end",
        REFUSED: "test_an_error_of_the_query_itself_is_not_tried_again",
    },
    "Loading.nodes": {HAPPY: NEW_ROWS, TWICE: AGAIN, REFUSED: RULES, RACE: ONCE, LOST: CUT, MANY: NEEDS_MANY},
    "Loading.relationships": {
        HAPPY: PARTY,
        TWICE: AGAIN,
        MISSING: NO_SUCH,
        REFUSED: RULES,
        RACE: ONCE,
        LOST: CUT,
        MANY: NEEDS_MANY,
    },
    "Loading.names": {HAPPY: CARD},
    "Loading.grid_names": {HAPPY: CARD},
    "Loading.seeding": {
        RACE: LOADED,
        LOST: LOADED,
        HAPPY: "test_a_city_keeps_the_settings_that_it_was_first_generated_with",
        TWICE: "test_a_city_keeps_the_settings_that_it_was_first_generated_with",
    },
    "Loading.beginning": {RACE: REMEMBERS, LOST: REMEMBERS, HAPPY: "test_what_lasts_says_since_when"},
    "Loading.lock_people": {
        LOST: CUT,
        HAPPY: LOCKED,
        REFUSED: LOCKED,
        RACE: "test_a_listing_in_the_middle_of_an_erasure_waits_or_is_withdrawn",
    },
    "Loading.existing": {HAPPY: THERE_OR_MADE, MISSING: THERE_OR_MADE},
    "Loading.made": {HAPPY: THERE_OR_MADE},
    "Loading.schema_state": {HAPPY: SCHEMA, MISSING: SCHEMA_NOTED},
    "Loading.note_schema": {RACE: MIGRATION, LOST: MIGRATION, HAPPY: SCHEMA_NOTED, TWICE: SCHEMA_NOTED},
    "declare": {
        RACE: MIGRATION,
        LOST: MIGRATION,
        HAPPY: "test_what_is_declared_unique_is_refused_a_second_time",
        TWICE: SCHEMA,
        MISSING: "test_a_store_without_any_constraint_gets_them_and_is_migrated",
    },
    "ddl": {RACE: SAYS, LOST: SAYS, HAPPY: "test_every_node_has_one_key_and_a_constraint_on_it"},
    "numbers": {HAPPY: "test_numbers_are_compared_by_their_index"},
    "digest": {RACE: SAYS, LOST: SAYS, HAPPY: SCHEMA_NOTED, TWICE: SCHEMA},
    "upgrade_to_present": {
        HAPPY: "test_names_are_sealed_phones_are_found_texts_open_and_roles_follow_the_area",
        TWICE: "test_a_second_run_changes_nothing",
        RACE: "test_of_two_at_once_one_does_it_and_the_other_is_told",
        STALE: "test_a_run_that_slept_past_its_lease_writes_nothing_more",
        LOST: "test_stopped_between_any_two_pages_and_run_again_it_comes_to_the_same",
    },
    "Invariants.broken": {HAPPY: "test_the_invariants_find_what_is_broken"},
    "IdempotencyKeys.begin": {
        HAPPY: IDEMPOTENCY,
        STALE: IDEMPOTENCY,
        RACE: "test_one_idempotency_key_begun_by_many_at_once_is_new_to_one",
        LOST: CUT,
    },
    "IdempotencyKeys.outcome": {RACE: LOOKS, LOST: LOOKS, HAPPY: IDEMPOTENCY, STALE: IDEMPOTENCY},
    "IdempotencyKeys.finish": {RACE: AT_ONCE, HAPPY: IDEMPOTENCY, LOST: CUT},
    "IdempotencyKeys.forget": {
        RACE: ONE_STATEMENT,
        LOST: CUT,
        HAPPY: "test_idempotency_keys_are_forgotten_in_parts_the_young_ones_stay",
    },
    "Upkeep.now": {HAPPY: "test_clocks_that_are_far_apart_are_found"},
    "Upkeep.masters": {HAPPY: REWRAP},
    "Upkeep.kept_too_long": {HAPPY: "test_who_is_kept_too_long_is_counted_and_listed"},
    "Upkeep.leases": {HAPPY: "test_leases_are_told_with_their_holder_and_their_end"},
}
