"""What can be had and who has it: areas, capabilities, organisations, teams, resources, and their tables."""

from tests.contract.rows.behaviours import (
    AT_ONCE,
    CUT,
    HAPPY,
    LOADED,
    LOOKS,
    LOST,
    MANY,
    MISSING,
    RACE,
    REFUSED,
    SCOPE,
    TWICE,
    UNDER_ONE_KEY,
    Because,
    Row,
)

NO_SUCH = "test_what_hangs_on_something_that_is_not_there_is_refused_and_nothing_is_written"
RULES = "test_a_value_that_breaks_a_rule_is_refused_with_its_place_and_never_a_secret"
AGAIN = "test_loading_twice_changes_nothing"
ONCE = "test_the_same_made_by_many_at_once_is_made_once"
CROWD = "test_any_crowd_leaves_counts_that_agree"
BUCKET = "test_a_bucket_is_made_when_it_is_first_locked_and_keeps_its_counts"
RESOURCE = "test_a_resource_comes_back_as_it_was_written"
AREA = "test_an_area_is_found_by_its_id_and_by_its_code"
PATH = "test_the_path_of_an_area_leads_up_to_its_city"
NEW_ROWS = "test_loading_tells_how_many_were_new"
TEAM = "test_a_team_lists_as_a_team_with_its_members"
PARTY = "test_party_organisations_keep_their_tree_and_what_they_lead"
CARD = "test_a_card_says_title_capabilities_and_grid_and_no_more_than_400_characters"
BORDER = "test_a_border_is_written_once_whichever_side_is_named_first"
CAPABILITY = "test_a_capability_is_added_below_others_and_renamed"
RENAMED = "test_a_renamed_capability_is_found_in_cards_by_its_new_name_and_no_more_by_the_old"
NOTHING = "test_nothing_is_listed_or_joined_in_an_erased_person_s_name_again"
LOCKED = "test_whoever_writes_something_of_a_person_locks_them_and_refuses_the_erased"
CAPABILITY_RACE = "test_two_capabilities_added_at_once_are_both_there_and_one_added_twice_is_one"
UNKNOWN = "test_what_the_register_does_not_know_is_not_found_and_nothing_is_written"
ORGANISATION = "test_an_organisation_comes_back_as_it_was_written_but_for_whom_to_call"
OF_A_TEAM = "test_a_team_comes_back_as_it_was_written"
CLOSED = "test_what_an_organisation_was_is_closed_and_stays"
STALE_RACE = "test_of_two_changes_at_once_one_is_told_that_it_is_stale"
CONTACT = "test_whom_to_call_is_shown_with_a_reason_that_is_written_down"
JOINED = "test_somebody_joins_a_team_leaves_it_and_joins_again"
CAPACITY = "test_a_cut_capacity_keeps_what_was_promised_in_present_and_coming_periods"
EDIT_RACE = "test_an_edit_racing_with_offers_leaves_neither_a_broken_promise_nor_a_stale_capacity"
CHANGED = "test_what_is_changed_stands_in_the_list_the_card_and_the_history"
OWN_KIND = "test_an_organisation_and_a_team_list_as_what_they_are"
COUNTED = "test_needs_are_counted_by_area_and_one_thing_more"
NO_CARD = "test_a_closed_need_and_a_withdrawn_resource_have_no_card"
IN_SCOPE = "test_what_is_there_is_found_in_the_scope_s_area_only"
NO_AREA = "test_without_an_area_no_table_is_read"
BY_NUMBER = "test_who_has_an_id_number_is_found_by_its_hash_wherever_they_live"
CALLED = "test_who_has_a_name_and_a_phone_is_found_wherever_they_live_and_no_more_is_shown"
OUT = "test_people_and_organisations_go_out_with_what_was_asked_for_and_no_more"
TABLE_SHOWN = "test_each_showing_in_a_table_is_counted_on_what_it_shows"
TREE = "test_the_tree_of_an_area_is_all_that_lies_below_it"
KEYED = Because("it makes the key for hashing, as any first writer does, and nothing else")
COUNTED_SO = Because("a count under the node's lock, as `Needs.count_showing`")

LIMITS = "test_an_area_s_quota_and_floor_are_set_by_the_one_above_it_and_kept"

ROWS: dict[str, Row] = {
    "Areas.get": {HAPPY: AREA, MISSING: AREA},
    "Areas.find": {HAPPY: AREA, MISSING: AREA},
    "Areas.children": {HAPPY: "test_the_areas_below_one_come_in_pages_without_gaps_or_doubles"},
    "Areas.path": {HAPPY: PATH, MISSING: PATH},
    "Areas.lock": {HAPPY: LIMITS, MISSING: LIMITS, RACE: AT_ONCE, LOST: CUT},
    "Areas.set_limits": {HAPPY: LIMITS, RACE: AT_ONCE, LOST: CUT},
    "Areas.grid_of": {HAPPY: PATH},
    "Areas.names": {HAPPY: PATH, MISSING: PATH},
    "Areas.in_scope": {
        HAPPY: "test_a_scope_is_its_area_and_what_lies_below",
        SCOPE: "test_a_scope_is_its_area_and_what_lies_below",
    },
    "write_areas": {LOST: LOADED, HAPPY: NEW_ROWS, TWICE: AGAIN, RACE: ONCE},
    "write_borders": {LOST: LOADED, HAPPY: BORDER, TWICE: BORDER, MISSING: BORDER, RACE: ONCE},
    "Capabilities.all": {HAPPY: "test_capabilities_come_with_what_they_are_more_special_than"},
    "Capabilities.create": {LOST: CUT, HAPPY: CAPABILITY, RACE: CAPABILITY_RACE},
    "Capabilities.lock": {LOST: CUT, HAPPY: CAPABILITY, RACE: CAPABILITY_RACE},
    "Capabilities.rename": {RACE: AT_ONCE, LOST: CUT, HAPPY: CAPABILITY},
    "write_capabilities": {LOST: CUT, HAPPY: NEW_ROWS, TWICE: NEW_ROWS, RACE: ONCE},
    "Organisations.get": {HAPPY: ORGANISATION, MISSING: UNKNOWN},
    "Organisations.many": {HAPPY: ORGANISATION, MISSING: ORGANISATION},
    "Organisations.page": {HAPPY: "test_an_organisation_is_entered_and_found_by_area_and_kind"},
    "Organisations.create": {RACE: UNDER_ONE_KEY, LOST: CUT, HAPPY: ORGANISATION, MISSING: UNKNOWN},
    "Organisations.lock": {LOST: CUT, HAPPY: ORGANISATION, MISSING: UNKNOWN, RACE: STALE_RACE},
    "Organisations.change": {
        LOST: CUT,
        HAPPY: CLOSED,
        TWICE: "test_a_change_that_changes_nothing_leaves_no_trace",
        RACE: STALE_RACE,
    },
    "Organisations.contact": {HAPPY: CONTACT, MISSING: CONTACT},
    "Organisations.count_showing": {RACE: COUNTED_SO, LOST: COUNTED_SO, HAPPY: CONTACT},
    "write_organisations": {
        RACE: UNDER_ONE_KEY,
        LOST: CUT,
        HAPPY: "test_an_organisation_is_written_once_and_whom_to_call_is_sealed",
        TWICE: "test_an_organisation_is_written_once_and_whom_to_call_is_sealed",
    },
    "write_party_organisations": {RACE: LOADED, LOST: LOADED, HAPPY: PARTY},
    "Teams.get": {HAPPY: OF_A_TEAM, MISSING: UNKNOWN},
    "Teams.many": {HAPPY: OF_A_TEAM, MISSING: OF_A_TEAM},
    "Teams.page": {HAPPY: "test_a_team_is_moved_and_found_where_it_is"},
    "Teams.create": {RACE: UNDER_ONE_KEY, LOST: CUT, HAPPY: OF_A_TEAM, MISSING: UNKNOWN},
    "Teams.lock": {RACE: AT_ONCE, LOST: CUT, HAPPY: OF_A_TEAM, MISSING: UNKNOWN},
    "Teams.change": {
        RACE: "test_somebody_who_joins_a_team_while_being_erased_is_not_in_it",
        LOST: CUT,
        HAPPY: JOINED,
        REFUSED: NOTHING,
    },
    "write_teams": {
        LOST: CUT,
        HAPPY: TEAM,
        TWICE: TEAM,
        MISSING: "test_a_team_of_somebody_who_is_not_there_is_refused_and_nothing_is_written",
        REFUSED: LOCKED,
        RACE: ONCE,
    },
    "Resources.get": {HAPPY: RESOURCE, MISSING: RESOURCE},
    "Resources.many": {HAPPY: RESOURCE, MISSING: RESOURCE},
    "Resources.lock_buckets": {LOST: CUT, HAPPY: BUCKET, MISSING: BUCKET, RACE: ONCE},
    "Resources.buckets": {HAPPY: BUCKET},
    "Resources.set_counters": {HAPPY: BUCKET, RACE: CROWD, LOST: CUT},
    "Resources.naming": {HAPPY: RENAMED, MANY: RENAMED},
    "Resources.rewrite_cards": {RACE: AT_ONCE, LOST: CUT, HAPPY: RENAMED, TWICE: RENAMED},
    "cards_of": {HAPPY: CARD},
    "Resources.provider_cards": {HAPPY: TEAM, SCOPE: "test_the_name_of_a_person_who_lives_elsewhere_is_not_shown"},
    "write_resources": {LOST: CUT, HAPPY: RESOURCE, TWICE: AGAIN, MISSING: NO_SUCH, REFUSED: RULES, RACE: ONCE},
    "Listings.page": {HAPPY: "test_the_list_is_searched_by_area_provider_and_capability_with_its_special_ones"},
    "Listings.homes": {HAPPY: OWN_KIND},
    "Listings.provider": {HAPPY: OWN_KIND, MISSING: UNKNOWN},
    "Listings.create": {
        RACE: "test_a_listing_in_the_middle_of_an_erasure_waits_or_is_withdrawn",
        LOST: CUT,
        HAPPY: "test_a_resource_is_listed_by_its_provider_or_by_staff_for_them",
        MISSING: UNKNOWN,
        REFUSED: NOTHING,
    },
    "Listings.lock": {LOST: CUT, HAPPY: EDIT_RACE, MISSING: UNKNOWN, RACE: EDIT_RACE},
    "Listings.buckets": {HAPPY: CAPACITY},
    "Listings.set_capacities": {LOST: CUT, HAPPY: CAPACITY, RACE: EDIT_RACE},
    "Listings.change": {LOST: CUT, HAPPY: CHANGED, MISSING: UNKNOWN, RACE: EDIT_RACE, REFUSED: NOTHING},
    "Cards.of_needs": {HAPPY: "test_a_needs_card_names_its_grid_and_not_its_building_whoever_asks", MISSING: NO_CARD},
    "Cards.of_resources": {HAPPY: "test_a_resources_card_names_where_its_provider_is_now", MISSING: NO_CARD},
    "card_text": {HAPPY: CARD},
    "with_last_characters": {HAPPY: CARD, TWICE: CARD},
    "Search.page": {
        HAPPY: "test_searches_of_the_city_and_of_cards_made_by_hand_find_the_same_on_both_stores",
        MANY: "test_thousands_of_hits_before_an_area_is_looked_at_cut_nothing_off",
    },
    "Statistics.needs": {HAPPY: COUNTED, MISSING: COUNTED},
    "Statistics.parents": {HAPPY: COUNTED},
    "Tables.tree": {HAPPY: TREE, MISSING: TREE},
    "Tables.numbered": {RACE: LOOKS, LOST: LOOKS, HAPPY: BY_NUMBER, MISSING: BY_NUMBER},
    "Tables.described": {
        LOST: LOOKS,
        HAPPY: "test_whom_a_list_described_is_found_by_the_same_words_until_they_are_erased",
        MISSING: "test_looking_for_people_in_an_empty_store_finds_nobody_and_writes_nothing",
        RACE: "test_two_imports_of_one_list_at_once_bring_nobody_in_twice",
    },
    "Tables.called": {RACE: LOOKS, LOST: LOOKS, HAPPY: CALLED, MISSING: CALLED},
    "Tables.households": {HAPPY: IN_SCOPE, MISSING: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.residents": {HAPPY: IN_SCOPE, MISSING: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.erased": {HAPPY: "test_a_row_for_somebody_who_was_erased_is_a_bad_cell"},
    "Tables.organisations": {HAPPY: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.teams": {HAPPY: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.listed": {HAPPY: IN_SCOPE, MISSING: IN_SCOPE},
    "Tables.need_ids": {HAPPY: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.person_ids": {HAPPY: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.resource_ids": {HAPPY: IN_SCOPE, SCOPE: NO_AREA},
    "Tables.people": {HAPPY: OUT, SCOPE: NO_AREA},
    "Tables.organisation_rows": {HAPPY: OUT, MISSING: OUT},
    "Tables.show_texts": {RACE: COUNTED_SO, LOST: COUNTED_SO, HAPPY: TABLE_SHOWN, MISSING: TABLE_SHOWN},
    "Tables.count_events_of_people": {RACE: COUNTED_SO, LOST: COUNTED_SO, HAPPY: TABLE_SHOWN, MISSING: TABLE_SHOWN},
    "Tables.count_showings_of_organisations": {
        RACE: COUNTED_SO,
        LOST: COUNTED_SO,
        HAPPY: TABLE_SHOWN,
        MISSING: TABLE_SHOWN,
    },
}
