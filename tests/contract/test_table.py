"""What of each public method of the store is tested, and where; a method without a row fails here.

A row says for each behaviour that the method has which test states it. Add a row with a new method; where its
docstring names a refusal, the row has a test for it.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import graph.store

HAPPY, MISSING, SCOPE, STALE, TWICE, RACE, LOST, MANY, REFUSED = (
    "does what it says",
    "not found",
    "out of scope",
    "stale, or another's",
    "a second time",
    "racing writers",
    "a lost connection",
    "ten thousand rows",
    "a value or an owner that can't stand",
)
BEHAVIOURS = {HAPPY, MISSING, SCOPE, STALE, TWICE, RACE, LOST, MANY, REFUSED}
RAISED = {
    "NotFound": {MISSING, SCOPE},
    "LeaseHeld": {STALE},
    "LeaseLost": {STALE},
    "KeyReused": {STALE},
    "Erased": {REFUSED},
    "SchemaViolation": {REFUSED},
    "KeyProblem": {REFUSED},
    "Unscoped": {SCOPE},
}
"""Refusal in a docstring → behaviours, one of which its row must have."""

NO_SUCH = "test_what_hangs_on_something_that_is_not_there_is_refused_and_nothing_is_written"
RULES = "test_a_value_that_breaks_a_rule_is_refused_with_its_place_and_never_a_secret"
AGAIN = "test_loading_twice_changes_nothing"
CUT = "test_what_is_cut_off_and_sent_again_has_one_effect"
ONCE = "test_the_same_made_by_many_at_once_is_made_once"
CROWD = "test_any_crowd_leaves_counts_that_agree"
NEEDS_MANY = "test_ten_thousand_needs_are_loaded_locked_and_counted_up_in_one_call_each"
PEOPLE_MANY = "test_ten_thousand_people_are_loaded_each_under_a_key_of_their_own"
HIDDEN = "test_to_a_neighbour_and_to_another_provider_a_need_does_not_exist"
ASSIGNMENT = "test_an_assignment_comes_back_as_it_was_written"
SEEN_BY = "test_an_assignment_is_seen_by_the_need_s_area_and_its_provider_only"
PLAN_SCOPE = "test_a_plan_is_seen_where_its_area_lies_below_or_above"
PAGES = "test_the_pages_of_a_plan_come_back_as_they_were_stored"
FENCE = "test_who_raised_the_fence_last_moves_the_plan_on_and_nobody_else"
FENCE_RACE = "test_a_fence_raised_by_many_at_once_lets_the_last_one_through"
GIVEN_UP = "test_a_plan_that_is_given_up_shuts_out_who_was_writing_it_and_stays_so"
LEASE = "test_a_lease_has_one_holder_until_it_runs_out_or_is_given_back"
API_KEY = "test_an_api_key_is_found_by_its_hash_and_can_be_revoked"
IDEMPOTENCY = "test_an_idempotency_key_remembers_the_outcome_of_its_request"
BUCKET = "test_a_bucket_is_made_when_it_is_first_locked_and_keeps_its_counts"
RESOURCE = "test_a_resource_comes_back_as_it_was_written"
LOCKED = "test_locked_needs_can_be_counted_up_and_those_missing_are_left_out"
AREA = "test_an_area_is_found_by_its_id_and_by_its_code"
PATH = "test_the_path_of_an_area_leads_up_to_its_city"
ERASED = "test_what_was_an_erased_person_s_is_gone_and_nothing_new_is_written_of_them"
STRANGER = "test_another_master_key_opens_nothing_and_writes_nothing"
NEW_ROWS = "test_loading_tells_how_many_were_new"
NEIGHBOURS = "test_areas_that_touch_are_each_other_s_neighbours_and_written_once"
TEAM = "test_a_team_lists_as_a_team_with_its_members"
PARTY = "test_party_organisations_keep_their_tree_and_what_they_lead"
DECLINED = "test_a_no_is_noted_once_a_pair_with_the_latest_terms"
NAMES = "test_names_are_those_of_the_scope_and_without_one_there_are_none"
CARD = "test_a_card_says_title_capabilities_and_grid_and_no_more_than_400_characters"
SCHEMA = "test_the_schema_is_made_twice_without_harm_and_its_version_is_kept"
REWRAP = "test_keys_are_wrapped_anew_in_parts_and_then_the_old_master_key_is_not_needed"
HASH = "test_somebody_is_found_by_the_hash_of_their_phone_whoever_they_are"
DATA_KEY = "test_a_key_is_made_when_it_is_first_needed_and_stays"

Row = dict[str, str]

ROWS: dict[str, Row] = {
    "Areas.get": {HAPPY: AREA, MISSING: AREA},
    "Areas.find": {HAPPY: AREA, MISSING: AREA},
    "Areas.children": {HAPPY: "test_the_areas_below_one_come_in_pages_without_gaps_or_doubles"},
    "Areas.neighbours": {HAPPY: NEIGHBOURS, MISSING: NEIGHBOURS},
    "Areas.path": {HAPPY: PATH, MISSING: PATH},
    "Areas.grid_of": {HAPPY: PATH},
    "Areas.in_scope": {
        HAPPY: "test_a_scope_is_its_area_and_what_lies_below",
        SCOPE: "test_a_scope_is_its_area_and_what_lies_below",
    },
    "write_areas": {HAPPY: NEW_ROWS, TWICE: AGAIN, RACE: ONCE},
    "write_borders": {HAPPY: NEIGHBOURS, TWICE: NEIGHBOURS, MISSING: NEIGHBOURS, RACE: ONCE},
    "write_capabilities": {HAPPY: NEW_ROWS, TWICE: NEW_ROWS, RACE: ONCE},
    "Capabilities.all": {HAPPY: "test_capabilities_come_with_what_they_are_more_special_than"},
    "Assignments.create": {
        HAPPY: ASSIGNMENT,
        TWICE: "test_a_second_live_pair_of_one_need_and_bucket_is_refused_by_the_store_itself",
        RACE: "test_the_same_pair_is_offered_once",
        LOST: CUT,
    },
    "Assignments.get": {HAPPY: ASSIGNMENT, MISSING: SEEN_BY, SCOPE: SEEN_BY},
    "Assignments.lock": {HAPPY: CROWD, RACE: "test_of_a_yes_and_a_no_at_once_one_wins"},
    "Assignments.many": {HAPPY: "test_pairs_that_are_over_share_having_no_live_key"},
    "Assignments.update": {HAPPY: ASSIGNMENT, RACE: "test_of_a_yes_and_a_no_at_once_one_wins", LOST: CUT},
    "Assignments.live": {HAPPY: ASSIGNMENT},
    "Assignments.page": {
        HAPPY: "test_assignments_come_in_pages_of_the_scope_without_gaps_or_doubles",
        SCOPE: "test_assignments_come_in_pages_of_the_scope_without_gaps_or_doubles",
    },
    "Assignments.overdue": {HAPPY: "test_what_is_overdue_is_offered_and_past_its_time"},
    "Assignments.mark_declined": {HAPPY: DECLINED, TWICE: DECLINED, LOST: CUT},
    "Assignments.declined": {HAPPY: DECLINED, MISSING: DECLINED},
    "Events.append": {
        HAPPY: "test_a_need_s_history_is_its_own_events_and_its_pairs_in_order",
        TWICE: "test_one_number_of_a_subject_is_one_event",
        LOST: CUT,
    },
    "Events.history": {
        HAPPY: "test_a_need_s_history_is_its_own_events_and_its_pairs_in_order",
        MISSING: "test_a_need_s_history_is_its_own_events_and_its_pairs_in_order",
    },
    "Notices.post": {HAPPY: "test_a_notice_waits_in_the_outbox", LOST: CUT},
    "card_text": {HAPPY: CARD},
    "declare": {
        HAPPY: "test_what_is_declared_unique_is_refused_a_second_time",
        TWICE: SCHEMA,
        MISSING: "test_a_store_without_any_constraint_gets_them_and_is_migrated",
    },
    "upgrade_to_present": {
        HAPPY: "test_names_are_sealed_phones_are_found_texts_open_and_roles_follow_the_area",
        TWICE: "test_a_second_run_changes_nothing",
        RACE: "test_of_two_at_once_one_does_it_and_the_other_is_told",
        STALE: "test_a_run_that_slept_past_its_lease_writes_nothing_more",
        LOST: "test_stopped_between_any_two_pages_and_run_again_it_comes_to_the_same",
    },
    "Invariants.broken": {HAPPY: "test_the_invariants_find_what_is_broken"},
    "ApiKeys.create": {
        HAPPY: API_KEY,
        TWICE: ONCE,
        RACE: ONCE,
        LOST: "test_a_patient_store_makes_one_key_whatever_becomes_of_its_connection",
    },
    "ApiKeys.by_hash": {HAPPY: API_KEY, MISSING: API_KEY},
    "ApiKeys.all": {HAPPY: API_KEY},
    "ApiKeys.revoke": {HAPPY: API_KEY, MISSING: API_KEY},
    "IdempotencyKeys.begin": {
        HAPPY: IDEMPOTENCY,
        STALE: IDEMPOTENCY,
        RACE: "test_one_idempotency_key_begun_by_many_at_once_is_new_to_one",
        LOST: CUT,
    },
    "IdempotencyKeys.outcome": {HAPPY: IDEMPOTENCY, STALE: IDEMPOTENCY},
    "IdempotencyKeys.finish": {HAPPY: IDEMPOTENCY, LOST: CUT},
    "IdempotencyKeys.forget": {HAPPY: "test_idempotency_keys_are_forgotten_in_parts_the_young_ones_stay"},
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
    "Loading.schema_version": {HAPPY: SCHEMA},
    "Loading.set_schema_version": {
        HAPPY: "test_names_are_sealed_phones_are_found_texts_open_and_roles_follow_the_area"
    },
    "Loading.seeding": {
        HAPPY: "test_a_city_keeps_the_settings_that_it_was_first_generated_with",
        TWICE: "test_a_city_keeps_the_settings_that_it_was_first_generated_with",
    },
    "Needs.get": {HAPPY: "test_a_need_comes_back_as_it_was_written_but_for_its_text", MISSING: HIDDEN, SCOPE: HIDDEN},
    "Needs.in_scope": {HAPPY: HIDDEN, SCOPE: HIDDEN},
    "Needs.require_in_scope": {HAPPY: HIDDEN, MISSING: HIDDEN, SCOPE: HIDDEN},
    "Needs.many": {HAPPY: "test_many_needs_come_in_the_order_asked_and_those_missing_are_left_out", MANY: NEEDS_MANY},
    "Needs.page": {
        HAPPY: "test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles",
        SCOPE: "test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles",
    },
    "Needs.create": {
        HAPPY: "test_everything_done_by_the_writers_is_seen_within_their_own_transaction",
        MISSING: NO_SUCH,
        REFUSED: ERASED,
        LOST: CUT,
    },
    "Needs.lock": {HAPPY: LOCKED, MISSING: LOCKED, RACE: CROWD, MANY: NEEDS_MANY},
    "Needs.set_counters": {HAPPY: LOCKED, RACE: CROWD, MANY: NEEDS_MANY},
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
    "write_needs": {
        HAPPY: "test_three_thousand_rows_go_in_one_transaction",
        TWICE: AGAIN,
        MISSING: NO_SUCH,
        REFUSED: RULES,
        RACE: ONCE,
        LOST: CUT,
        MANY: NEEDS_MANY,
    },
    "write_organisations": {
        HAPPY: "test_an_organisation_is_written_once_and_whom_to_call_is_sealed",
        TWICE: "test_an_organisation_is_written_once_and_whom_to_call_is_sealed",
    },
    "write_teams": {
        HAPPY: TEAM,
        TWICE: TEAM,
        MISSING: "test_a_team_of_somebody_who_is_not_there_is_refused_and_nothing_is_written",
        RACE: ONCE,
    },
    "People.in_scope": {
        HAPPY: "test_a_person_is_in_the_scope_in_which_they_live",
        SCOPE: "test_a_person_is_in_the_scope_in_which_they_live",
    },
    "People.names": {HAPPY: NAMES, SCOPE: NAMES, MANY: PEOPLE_MANY},
    "People.lists_something": {HAPPY: "test_who_lists_something_is_a_provider"},
    "write_households": {HAPPY: "test_who_is_vulnerable_follows_from_the_household", TWICE: AGAIN},
    "write_people": {HAPPY: PARTY, TWICE: AGAIN, REFUSED: RULES, RACE: ONCE, MANY: PEOPLE_MANY},
    "write_party_organisations": {HAPPY: PARTY},
    "Plans.create": {
        HAPPY: "test_a_plan_comes_back_as_it_was_written_and_is_written_once",
        TWICE: "test_a_plan_comes_back_as_it_was_written_and_is_written_once",
        RACE: ONCE,
        LOST: CUT,
    },
    "Plans.add_page": {HAPPY: PAGES, TWICE: PAGES, LOST: CUT},
    "Plans.set_state": {HAPPY: GIVEN_UP},
    "Plans.finish": {HAPPY: FENCE, LOST: CUT},
    "Plans.abandon_others": {HAPPY: GIVEN_UP},
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
    "Plans.raise_fence": {HAPPY: FENCE, STALE: FENCE, RACE: FENCE_RACE, LOST: CUT},
    "Plans.require_fence": {HAPPY: FENCE, STALE: FENCE, RACE: FENCE_RACE},
    "Plans.advance": {HAPPY: FENCE, LOST: CUT},
    "paged": {HAPPY: PAGES},
    "Leases.take": {HAPPY: LEASE, STALE: LEASE, RACE: "test_a_lease_taken_by_many_at_once_has_one_holder"},
    "Leases.release": {HAPPY: LEASE},
    "Resources.get": {HAPPY: RESOURCE, MISSING: RESOURCE},
    "Resources.many": {HAPPY: RESOURCE, MISSING: RESOURCE},
    "Resources.lock_buckets": {HAPPY: BUCKET, MISSING: BUCKET, RACE: ONCE},
    "Resources.buckets": {HAPPY: BUCKET},
    "Resources.set_counters": {HAPPY: BUCKET, RACE: CROWD, LOST: CUT},
    "Resources.provider_cards": {HAPPY: TEAM, SCOPE: "test_the_name_of_a_person_who_lives_elsewhere_is_not_shown"},
    "write_resources": {HAPPY: RESOURCE, TWICE: AGAIN, MISSING: NO_SUCH, REFUSED: RULES, RACE: ONCE},
    "Snapshots.read": {
        HAPPY: "test_a_snapshot_s_needs_equal_what_was_written",
        SCOPE: "test_a_snapshot_of_one_area_has_its_needs_only_and_everybody_s_resources",
    },
    "chunks": {HAPPY: "test_a_snapshot_is_read_in_pieces_that_fit_together"},
    "Upkeep.now": {HAPPY: "test_clocks_that_are_far_apart_are_found"},
    "Upkeep.masters": {HAPPY: REWRAP},
    "Upkeep.leases": {HAPPY: "test_leases_are_told_with_their_holder_and_their_end"},
    "Vault.keys": {
        HAPPY: DATA_KEY,
        TWICE: DATA_KEY,
        REFUSED: ERASED,
        RACE: "test_all_who_make_a_key_at_once_can_open_what_any_of_them_sealed",
        MANY: PEOPLE_MANY,
    },
    "Vault.open": {
        HAPPY: "test_what_is_sealed_opens_for_each_owner_and_only_what_is_asked_for",
        REFUSED: STRANGER,
        MANY: PEOPLE_MANY,
    },
    "Vault.hash": {HAPPY: HASH},
    "Vault.sealers": {HAPPY: HASH, MANY: PEOPLE_MANY},
    "Vault.destroy": {HAPPY: ERASED, TWICE: ERASED},
    "Vault.rewrap": {HAPPY: REWRAP, REFUSED: REWRAP},
}


def methods() -> dict[str, Callable[..., Any]]:
    """Return every public function and every public method of a subject, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for info in pkgutil.iter_modules(graph.store.__path__):
        module = importlib.import_module(f"graph.store.{info.name}")
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing):
                found[name] = thing
            elif inspect.isclass(thing) and "transaction" in inspect.signature(thing.__init__).parameters:
                own = {m: f for m, f in vars(thing).items() if inspect.isfunction(f) and not m.startswith("_")}
                found |= {f"{name}.{m}": f for m, f in own.items()}
    return found


METHODS = methods()


@pytest.fixture(scope="module")
def tests_there_are() -> set[str]:
    files = Path(__file__).parents[1].rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}


def test_no_row_is_of_a_method_that_is_gone() -> None:
    assert ROWS.keys() - METHODS.keys() == set()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_method_has_a_row_that_names_its_tests(method: str, tests_there_are: set[str]) -> None:
    assert method in ROWS, f"add a row for {method}: which test states what it does?"
    row = ROWS[method]
    assert HAPPY in row and row.keys() <= BEHAVIOURS
    assert set(row.values()) <= tests_there_are
    words = inspect.getdoc(METHODS[method]) or ""
    raises = words.partition("Raises\n")[2].partition("\nReturns")[0]
    for refusal, behaviours in RAISED.items():
        if re.search(rf"\b{refusal}\b", raises):
            assert row.keys() & behaviours, f"{method} says it raises {refusal}: which test states it?"
