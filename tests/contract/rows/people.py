"""People, what is theirs, and the keys under which it is sealed."""

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
    SCOPE,
    STALE,
    TWICE,
    UNDER_ONE_KEY,
    Because,
    Row,
)

RULES = "test_a_value_that_breaks_a_rule_is_refused_with_its_place_and_never_a_secret"
AGAIN = "test_loading_twice_changes_nothing"
ONCE = "test_the_same_made_by_many_at_once_is_made_once"
PEOPLE_MANY = "test_ten_thousand_people_are_loaded_each_under_a_key_of_their_own"
API_KEY = "test_an_api_key_is_found_by_its_hash_and_can_be_revoked"
NUMBERED = "test_each_event_of_a_key_is_numbered_once"
ERASED = "test_what_was_an_erased_person_s_is_gone_and_nothing_new_is_written_of_them"
STRANGER = "test_another_master_key_opens_nothing_and_writes_nothing"
PARTY = "test_party_organisations_keep_their_tree_and_what_they_lead"
NAMES = "test_names_are_those_of_the_scope_and_without_one_there_are_none"
REWRAP = "test_keys_are_wrapped_anew_in_parts_and_then_the_old_master_key_is_not_needed"
HASH = "test_somebody_is_found_by_the_hash_of_their_phone_whoever_they_are"
DATA_KEY = "test_a_key_is_made_when_it_is_first_needed_and_stays"
STALE_RACE = "test_of_two_changes_at_once_one_is_told_that_it_is_stale"
RECORDED = "test_a_person_is_kept_as_they_were_recorded_and_shown_without_what_is_personal"
ELSEWHERE = "test_who_lives_elsewhere_and_who_is_not_there_are_the_same"
NEITHER = "test_who_would_live_elsewhere_or_belong_to_nothing_is_not_recorded"
IS_ERASED = "test_an_erased_person_leaves_where_they_lived_and_nothing_about_themselves"
ERASE_RACE = "test_a_change_and_an_erasure_at_once_leave_nothing"
MOVE = "test_a_move_closes_the_old_home_and_opens_the_new_one_and_back_again"
NO_MOVE = "test_a_move_out_of_the_scope_or_to_nowhere_is_refused_and_nothing_is_closed"
MOVE_RACE = "test_of_two_moves_at_once_one_home_is_left"
FOUND = "test_a_person_is_found_by_phone_and_by_id_number_within_the_scope"
BELONGS = "test_what_a_person_would_belong_to_is_looked_for_first"
PEOPLE_PAGE = "test_a_page_holds_who_lives_there_in_order_and_no_one_else"
ALL_LOCKED = "test_all_of_a_person_is_locked_and_read_as_one"
WRITTEN_BACK = "test_what_was_a_person_s_is_written_back_as_it_was_changed_under_the_lock"
EVERYTHING = "test_everything_of_a_person_is_read_and_nothing_personal_of_another"
INDEX = "test_the_key_for_hashing_is_made_when_it_is_first_needed_and_not_by_looking"
MISSING_KEY = "test_with_a_key_missing_the_old_ones_stay"
SEARCHED_AGAIN = Because("a search that is sent again is one more search, and is written down as one")
ROTATION = Because("runs under rotate_file, whose row names the tests")

ROWS: dict[str, Row] = {
    "People.in_scope": {
        HAPPY: "test_a_person_is_in_the_scope_in_which_they_live",
        SCOPE: "test_a_person_is_in_the_scope_in_which_they_live",
    },
    "People.names": {HAPPY: NAMES, SCOPE: NAMES, MANY: PEOPLE_MANY},
    "People.lists_something": {HAPPY: "test_who_lists_something_is_a_provider"},
    "People.get": {HAPPY: RECORDED, MISSING: ELSEWHERE, SCOPE: ELSEWHERE},
    "People.page": {HAPPY: PEOPLE_PAGE, SCOPE: PEOPLE_PAGE},
    "People.find": {
        RACE: LOOKS,
        LOST: LOOKS,
        HAPPY: FOUND,
        MISSING: "test_in_an_empty_store_nobody_is_found_and_nothing_is_written",
        SCOPE: FOUND,
    },
    "People.missing": {HAPPY: BELONGS, MISSING: BELONGS, SCOPE: BELONGS},
    "People.create": {
        RACE: UNDER_ONE_KEY,
        LOST: CUT,
        HAPPY: RECORDED,
        TWICE: "test_recorded_a_second_time_nothing_changes",
        MISSING: NEITHER,
        SCOPE: NEITHER,
        REFUSED: "test_a_value_that_the_schema_refuses_is_not_repeated",
    },
    "People.update": {
        LOST: CUT,
        HAPPY: "test_some_fields_are_changed_and_the_others_stay",
        MISSING: NO_MOVE,
        SCOPE: ELSEWHERE,
        STALE: "test_a_stale_change_is_refused_with_the_present_rev",
        REFUSED: IS_ERASED,
        RACE: STALE_RACE,
    },
    "People.personal": {HAPPY: RECORDED, MISSING: ELSEWHERE, SCOPE: ELSEWHERE, REFUSED: IS_ERASED},
    "People.count_event": {
        RACE: AT_ONCE,
        LOST: CUT,
        HAPPY: "test_seeing_a_person_is_numbered_and_does_not_make_them_newer",
    },
    "People.lock": {LOST: CUT, HAPPY: ERASE_RACE, RACE: ERASE_RACE},
    "People.erase": {
        LOST: CUT,
        HAPPY: IS_ERASED,
        MISSING: ELSEWHERE,
        SCOPE: ELSEWHERE,
        TWICE: IS_ERASED,
        RACE: ERASE_RACE,
    },
    "write_people": {LOST: CUT, HAPPY: PARTY, TWICE: AGAIN, REFUSED: RULES, RACE: ONCE, MANY: PEOPLE_MANY},
    "write_households": {
        RACE: LOADED,
        LOST: LOADED,
        HAPPY: "test_who_is_vulnerable_follows_from_the_household",
        TWICE: AGAIN,
    },
    "close": {LOST: CUT, HAPPY: MOVE, RACE: MOVE_RACE},
    "open_": {LOST: CUT, HAPPY: MOVE, MISSING: NO_MOVE, RACE: MOVE_RACE},
    "person": {HAPPY: RECORDED},
    "properties": {HAPPY: RECORDED},
    "summary": {HAPPY: RECORDED},
    "AllOfAPerson.lock": {
        LOST: CUT,
        HAPPY: ALL_LOCKED,
        RACE: "test_a_listing_in_the_middle_of_an_erasure_waits_or_is_withdrawn",
    },
    "AllOfAPerson.withdraw": {
        RACE: AT_ONCE,
        LOST: CUT,
        HAPPY: "test_the_words_of_what_an_erased_person_listed_are_gone",
    },
    "AllOfAPerson.erase_homes": {RACE: AT_ONCE, LOST: CUT, HAPPY: WRITTEN_BACK},
    "AllOfAPerson.everything": {HAPPY: EVERYTHING, REFUSED: EVERYTHING},
    "Vault.keys": {
        LOST: CUT,
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
    "Vault.sealers": {RACE: AT_ONCE, LOST: CUT, HAPPY: HASH, MANY: PEOPLE_MANY},
    "Vault.destroy": {RACE: AT_ONCE, LOST: CUT, HAPPY: ERASED, TWICE: ERASED},
    "Vault.rewrap": {RACE: ROTATION, LOST: ROTATION, HAPPY: REWRAP, REFUSED: REWRAP},
    "Vault.index": {RACE: AT_ONCE, LOST: CUT, HAPPY: INDEX, TWICE: INDEX},
    "Vault.lock_index": {
        LOST: CUT,
        HAPPY: "test_an_id_number_is_recorded_once_in_a_scope",
        RACE: "test_an_id_number_recorded_by_many_at_once_is_recorded_once",
    },
    "Vault.index_if_any": {HAPPY: INDEX, MISSING: INDEX},
    "Vault.check": {HAPPY: STRANGER, REFUSED: STRANGER},
    "Vault.count_of_others": {HAPPY: REWRAP},
    "rewrap": {HAPPY: "test_keys_of_the_environment_are_rewrapped_under_the_first", REFUSED: MISSING_KEY},
    "rotate_file": {
        HAPPY: "test_every_data_key_is_rewrapped_and_told",
        REFUSED: MISSING_KEY,
        RACE: "test_two_rotations_at_once_are_refused",
        LOST: "test_killed_between_any_two_steps_nothing_is_lost_and_run_again_it_ends",
    },
    "ApiKeys.create": {
        HAPPY: API_KEY,
        TWICE: ONCE,
        RACE: ONCE,
        LOST: "test_a_patient_store_makes_one_key_whatever_becomes_of_its_connection",
    },
    "ApiKeys.by_hash": {HAPPY: API_KEY, MISSING: API_KEY},
    "ApiKeys.all": {HAPPY: API_KEY},
    "ApiKeys.revoke": {RACE: ONE_STATEMENT, LOST: ONE_STATEMENT, HAPPY: API_KEY, MISSING: API_KEY},
    "ApiKeys.count_event": {HAPPY: NUMBERED, MISSING: NUMBERED, RACE: NUMBERED, LOST: SEARCHED_AGAIN},
    "ApiKeys.revoke_of": {
        RACE: AT_ONCE,
        LOST: CUT,
        HAPPY: "test_all_keys_of_a_provider_are_revoked_and_lose_their_names",
    },
}
