"""The demonstration as values: published totals, clean places, valid formats, the same every time."""

import dataclasses
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator

import phonenumbers
import pytest
from stdnum.ke import pin

from app.db.vault import Vault
from app.demo import centres, letters, people, places, primary_centres, profiles, season, tables
from app.demo.copying import line
from app.demo.marks import Exceptions
from app.demo.shares import shares
from app.demo.world import World, world
from app.exams.policy import rate_on
from app.people.matching_names import name_match
from app.vacancies.needs import county_posts_for, posts_for

SMALL = "40007eafc965a53be519ade576cf8c198ab27b002e82fa0418a0aee4e24e7020"


@pytest.fixture(scope="module")
def small() -> World:
    return world("small")


@pytest.fixture(scope="module")
def national() -> World:
    return world("national")


def test_national_posts_are_the_published_ones(national: World) -> None:
    rules = season.ratio_rules("KCSE", national.country)
    posts: Counter[str] = Counter()
    for plans in national.plan.values():
        for plan in plans:
            posts.update(posts_for(plan.sitting, rules, on=season.RUNNING.starts_on))
    for county in national.country.counties:
        on = season.RUNNING.starts_on
        posts.update(county_posts_for(0, rules, on=on, county_code=county.code))
    assert posts == {
        "centre_manager": 10_765,
        "supervisor": 12_126,
        "invigilator": 54_782,
        "security": 22_247,
        "driver": 2_692,
        "clerk": 10_765,
        "store_keeper": 290,
    }


def test_posts_of_primary_and_junior_school_are_the_published_ones(national: World) -> None:
    posts: Counter[str] = Counter()
    for examination, candidates in primary_centres.national_candidates(national.seed).items():
        rules = season.ratio_rules(examination, national.country)
        assert min(candidates) >= 30
        for number in candidates:
            posts.update(posts_for(number, rules, on=dt.date(2025, 10, 27)))
    published = {"centre_manager": 24_213, "supervisor": 26_479, "invigilator": 125_492}
    assert {role: posts[role] for role in published} == published


def test_another_year_of_candidates_or_another_ratio_gives_other_posts(national: World) -> None:
    """Negative control: the totals follow from the candidates and the rules, from nothing else."""
    (first, *_), *_ = primary_centres.national_candidates(7).values()
    assert primary_centres.national_candidates(7) != primary_centres.national_candidates(2026)
    rules = season.ratio_rules("KPSEA", national.country)
    on = dt.date(2025, 10, 27)
    denser = [
        dataclasses.replace(one, candidates_per=25) if one.role_code == "invigilator" else one
        for one in rules
    ]
    many = [max(first, 101) for _ in range(3)]
    before, after = (
        sum(posts_for(one, said, on=on)["invigilator"] for one in many) for said in (rules, denser)
    )
    assert after < before


@pytest.mark.slow
def test_national_season_fills_nearly_every_post_and_has_two_million_marks(
    national: World,
) -> None:
    required: Counter[str] = Counter()
    filled: Counter[str] = Counter()
    for post in national.staff.posts:
        if post.centre.series is season.RUNNING:
            required[post.role] += post.required
    for deployment in national.staff.deployments:
        here = deployment.post.centre.series is season.RUNNING
        if here and deployment.status in {"accepted", "published"}:
            filled[deployment.post.role] += deployment.on_roster(season.TODAY)
    published = {"supervisor": 12_126, "invigilator": 54_782, "security": 22_247, "driver": 2_692}
    assert {role: required[role] for role in published} == published
    assert 0.97 < sum(filled.values()) / sum(required.values()) < 0.99
    assert 1_900_000 < sum(len(one.roster) for one in national.registers) < 2_100_000


def test_national_centres_are_the_real_secondary_schools_and_synthetic_ones(
    national: World,
) -> None:
    schools = [plan.school for plans in national.plan.values() for plan in plans]
    assert Counter(school.synthetic for school in schools) == {False: 7_073, True: 3_692}
    assert {school.level for school in schools} == {"Secondary"}
    assert len({school.id for school in schools}) == centres.CENTRES


def test_national_candidates_are_the_published_number_and_none_needs_hosting(
    national: World,
) -> None:
    candidates = [plan.candidates for plans in national.plan.values() for plan in plans]
    assert sum(candidates) == 993_226
    assert min(candidates) == 30


def test_national_codes_say_county_sub_county_and_number(national: World) -> None:
    codes = [(plan.code[:2], plan.code[2:5], plan.code[5:]) for plan in national.plan["238"]]
    assert codes == [("42", "238", f"{n:03d}") for n in range(1, len(codes) + 1)]
    everywhere = [plan.code for plans in national.plan.values() for plan in plans]
    assert len(set(everywhere)) == len(everywhere)


def test_a_smaller_scale_is_a_part_of_the_national_plan(small: World, national: World) -> None:
    assert small.plan == national.plan


def test_the_running_season_has_sixteen_payable_days() -> None:
    assert sum(day.payable for day in season.RUNNING.days) == 16
    assert season.RUNNING.days[0].day.isoformat() == "2026-10-28"
    assert season.RUNNING.days[-1].day.isoformat() == "2026-11-19"


@pytest.mark.parametrize(
    ("role", "day", "county", "kes"),
    [
        ("supervisor", "2026-11-02", None, 680),
        ("invigilator", "2026-11-02", None, 550),
        ("centre_manager", "2026-11-02", None, 550),
        ("invigilator", "2024-11-04", None, 510),
        ("supervisor", "2024-11-04", None, 630),
        ("supervisor", "2022-11-04", "47", 695),
        ("supervisor", "2022-11-04", "42", 630),
        ("supervisor", "2023-11-04", "47", 630),
        ("security", "2026-11-02", None, 420),
        ("driver", "2026-11-02", None, 405),
    ],
)
def test_published_rates(role: str, day: str, county: str | None, kes: int) -> None:
    on = type(season.TODAY).fromisoformat(day)
    rates = season.day_rates("KCSE")
    found = rate_on(rates, on, examination_code="KCSE", role_code=role, county_code=county)
    assert found is not None
    assert found.kes_per_day == kes


@pytest.mark.parametrize("role", ["clerk", "store_keeper"])
def test_a_role_without_a_published_rate_has_none(role: str) -> None:
    assert [rate for rate in season.day_rates("KCSE") if rate.role_code == role] == []


def test_assumptions_of_ours_are_marked(small: World) -> None:
    rules = season.ratio_rules("KCSE", small.country)
    assert {rule.role_code for rule in rules if rule.assumed} == {"clerk", "store_keeper"}


def test_places_are_complete_and_their_slugs_unique(small: World) -> None:
    sub_counties = small.country.sub_counties
    assert len(small.country.counties) == 47
    assert len({place.slug for place in sub_counties}) == len(sub_counties) == 290
    assert {"kisumu-east", "kisumu-west"} <= {place.slug for place in sub_counties}
    assert sum(map(len, small.country.schools.values())) == 29_542


def test_school_names_are_clean_and_distinct_in_their_sub_county(small: World) -> None:
    for schools in small.country.schools.values():
        named = Counter((school.level, school.name.lower()) for school in schools)
        assert max(named.values()) == 1
        for school in schools:
            assert school.name == places.tidy(school.name) or school.name.endswith(")")
            assert not set("\n\u2019`") & set(school.name + school.ward)


def test_coordinates_lie_in_kenya(small: World) -> None:
    found = [
        (school.lon, school.lat)
        for schools in small.country.schools.values()
        for school in schools
        if school.lon is not None and school.lat is not None
    ]
    assert all(33.5 <= lon <= 42.2 and -4.9 <= lat <= 5.6 for lon, lat in found)
    assert places._point("0.1", "51.5") == (None, None)


def test_officers_have_valid_and_different_numbers(small: World) -> None:
    officers = small.officers
    for one in officers:
        number = phonenumbers.parse(f"+{one.mobile}")
        assert phonenumbers.is_valid_number(number)
        assert one.mobile[6:8] == "00" or one.mobile[5:7] == "00"
        assert pin.is_valid(one.kra_pin)
        assert one.national_id.isdigit()
        assert len(one.national_id) == 8
    for field in ("mobile", "national_id", "kra_pin"):
        assert len({getattr(one, field) for one in officers}) == len(officers)


def test_every_officer_but_a_draft_has_a_whole_profile(small: World) -> None:
    vault, names = Vault(bytes(32), bytes(32)), profiles.COLUMNS.split()
    may_lack = {"nssf_cipher", "sha_cipher", "flagged_field", "flag_reason", "teaches_at"}
    for one in small.officers:
        stored = dict(zip(names, profiles.columns(one, "Kisumu East", "A B", vault), strict=True))
        lacks = {name for name, value in stored.items() if value is None}
        if one.state != "draft":
            assert lacks <= may_lack
        assert (stored["flagged_field"] is not None) == (one.state == "flagged")
        assert name_match(one.full_name, profiles.mpesa_name(one)).score >= 60


def test_every_sub_county_has_profiles_in_every_state(national: World) -> None:
    states = Counter((one.sub_county_id, one.state) for one in national.officers)
    places = {one.sub_county_id for one in national.officers}
    for state in ("draft", "submitted", "flagged", "verified"):
        assert [place for place in places if not states[place, state]] == []


def test_numbers_stay_different_for_the_whole_nation() -> None:
    wanted = 140_000
    assert len({people.mobile(number) for number in range(1, wanted)}) == wanted - 1


def test_nobody_is_deployed_at_their_own_workstation_or_twice_at_a_school(small: World) -> None:
    by_id = {one.id: one for one in small.officers}
    served: set[tuple[int, int]] = set()
    for deployment in small.staff.deployments:
        school = deployment.post.centre.school
        if school is None:
            continue
        officer = by_id[deployment.officer.id]
        assert officer.workstation_school_id != school.id
        assert (officer.id, school.id) not in served
        served.add((officer.id, school.id))


def test_the_hosted_school_needs_nobody_and_its_host_needs_more(small: World) -> None:
    hosted = next(centre for centre in small.staff.centres if centre.hosted_by)
    host = small.staff.centres[(hosted.hosted_by or 0) - 1]
    assert hosted.sub_county is host.sub_county
    assert sum(post.required for post in hosted.posts) == 0
    assert host.sitting == host.candidates + hosted.candidates
    assert hosted.candidates < 30


def test_shares_sum_to_the_total_and_follow_the_weights() -> None:
    assert shares(10, {"a": 1, "b": 1, "c": 2}) == {"a": 3, "b": 2, "c": 5}
    assert shares(10, {"a": 0, "b": 1}, least=1) == {"a": 1, "b": 9}


def test_the_same_seed_gives_the_same_rows_on_every_machine(small: World) -> None:
    assert digest(small) == digest(world("small"))
    assert digest(small) == SMALL


def test_another_seed_gives_other_rows(small: World) -> None:
    assert digest(world("small", seed=7)) != digest(small)


def digest(made: World) -> str:
    """SHA-256 of everything but sealed values and password hashes, which differ by design."""
    sealing = {"officer", "ab_user"}
    total = hashlib.sha256()
    for text in _lines(made, sealing):
        total.update(text.encode())
    for account in made.accounts:
        total.update(repr(account).encode())
    for officer in made.officers:
        total.update(repr(dataclasses.astuple(officer)).encode())
    return total.hexdigest()


def _lines(made: World, without: set[str]) -> Iterator[str]:
    vault, roles = Vault(bytes(32), bytes(32)), Counter[str]()
    for rows in (
        *tables.reference(made),
        *tables.staffing(made, vault, "", roles),
        *letters.rows(made, vault),
        *tables.attendance(made, Exceptions()),
    ):
        if rows.table not in without:
            yield rows.table
            yield from (row if isinstance(row, str) else line(row) for row in rows.rows)
