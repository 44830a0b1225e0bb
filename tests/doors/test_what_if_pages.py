"""What a changed rule, other candidates or another ratio would do, shown before it is stored."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.deployments.models import Post
from app.exams.models import EligibilityRule, Examination, RatioRule, StaffRole
from app.places.models import Centre, County, SubCounty
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, statements
from tests.factories.world_redeploy import open_places_in_number

OWN, NEXT_DOOR = "tsc.kisumu-east", "tsc.kisumu-west"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def found(session: Session, statement: Any) -> Any:
    with scoped_as(session, EVERYTHING):
        return session.scalars(statement).one()


def rule_of(session: Session, kind: str, role: str = "invigilator") -> EligibilityRule:
    rule: EligibilityRule = found(
        session,
        select(EligibilityRule)
        .join(Examination, Examination.id == EligibilityRule.examination_id)
        .join(StaffRole, StaffRole.id == EligibilityRule.role_id)
        .where(Examination.code == "KCSE", StaffRole.code == role, EligibilityRule.kind == kind),
    )
    return rule


def place(session: Session, slug: str) -> int:
    return int(found(session, select(SubCounty.id).where(SubCounty.slug == slug)))


def body(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def stored(session: Session) -> tuple[int, int, int]:
    """What a question must not change: rules, posts, events."""
    with scoped_as(session, EVERYTHING):
        counts = [session.scalar(select(func.count()).select_from(EligibilityRule))]
        counts.append(session.scalar(select(func.sum(Post.required))))
        counts.append(session.scalar(select(func.count()).select_from(Event)))
    return tuple(counts)  # type: ignore[return-value]


def test_director_sees_whom_a_longer_service_would_bar(client_of: Any, session: Session) -> None:
    rule, before = rule_of(session, "experience"), stored(session)
    client = client_of(OWN)
    page = body(client.get(f"/what-if/rules/?rule={rule.id}&value=30&act=on"))
    assert "Years in service: 30 years instead of 3 years" in page
    said = re.search(r"Bars (\d+) (?:person|people) here who may serve today; (\d+) of them", page)
    assert said is not None
    assert int(said[1]) > 0
    numbers = client.get(
        f"/what-if/rules/numbers/{place(session, 'kisumu-east')}?rule={rule.id}&value=30&act=on"
    ).get_json()
    assert numbers["barred"] == numbers["everywhere"] == int(said[1])
    assert stored(session) == before


def test_rule_switched_off_opens_posts(client_of: Any, session: Session) -> None:
    rule = rule_of(session, "teaches_at")
    page = body(client_of("admin").get(f"/what-if/rules/?rule={rule.id}&act=off&area=nation"))
    assert "no such rule instead of primary school" in page
    assert "Bars 0 people here who may serve today" in page


def test_new_kind_of_rule_may_be_tried(client_of: Any, session: Session) -> None:
    address = "/what-if/rules/?rule=new-qualification&role=invigilator&value=doctorate&act=on"
    page = body(client_of("admin").get(f"{address}&area=nation"))
    assert "New rule: Qualification, doctorate or more" in page
    assert "Kisumu East" in page
    assert "Kisumu West" in page


def test_what_a_rule_cannot_say_is_refused_beside_its_field(
    client_of: Any, session: Session
) -> None:
    rule = rule_of(session, "experience")
    answer = client_of(OWN).get(f"/what-if/rules/?rule={rule.id}&value=99&act=on")
    assert answer.status_code == 422
    assert "years must be of: 1-40." in body(answer)


def test_director_asks_about_their_own_sub_county_only(client_of: Any, session: Session) -> None:
    rule = rule_of(session, "experience")
    own, other = place(session, "kisumu-east"), place(session, "kisumu-west")
    client = client_of(OWN)
    asked = f"rule={rule.id}&value=30&act=on"
    assert client.get(f"/what-if/rules/?{asked}&area={own}").status_code == 200
    assert client.get(f"/what-if/rules/?{asked}&area={other}").status_code == 404
    assert client.get(f"/what-if/rules/?{asked}&area=nation").status_code == 200
    assert client.get(f"/what-if/rules/numbers/{own}?{asked}").status_code == 200
    assert client.get(f"/what-if/rules/numbers/{other}?{asked}").status_code == 404
    assert client.get("/what-if/rules/?rule=999999").status_code == 404


@pytest.mark.parametrize("username", ["scde.kisumu-east", "monitor", f"KCSE{world.CENTRE}"])
def test_others_do_not_ask(client_of: Any, username: str) -> None:
    assert client_of(username).get("/what-if/rules/").status_code == 403
    assert client_of(username).get("/what-if/posts/").status_code == 403


def test_typed_rule_is_seen_before_it_is_saved(client_of: Any, session: Session) -> None:
    rule, before = rule_of(session, "not_served_here"), stored(session)
    client = client_of("admin")
    address = f"/eligibility-rules/edit/{rule.id}"
    sent = {
        "examination": rule.examination_id,
        "role": rule.role_id,
        "kind": rule.kind,
        "parameters": '{"years": 2}',
        "effective_from": "2025-01-01",
        "year": "2025",
        "source": rule.source,
    }
    answer = client.post(address, data={**sent, "act": "preview"})
    assert answer.status_code == 303
    page = body(client.get(f"{answer.location}&area=nation"))
    assert "Not served here lately: 2 years instead of 3 years" in page
    assert stored(session) == before
    assert 'name="parameters" value="{&#34;years&#34;: 2}"' in page
    back = client.post(address, data={**sent, "act": "change"})
    assert "{&#34;years&#34;: 2}" in body(back)
    assert client.post(address, data=sent).status_code == 303
    session.expire_all()
    assert rule_of(session, "not_served_here").parameters == {"years": 2}


@pytest.mark.parametrize("seal", ["", "forged", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_link_cannot_save_another_rule_than_it_shows(
    client_of: Any, session: Session, seal: str
) -> None:
    """Whoever sends an administrator a question with a form of theirs in it gets no button."""
    rule = rule_of(session, "not_served_here")
    shown = f"examination=KCSE&rule={rule.id}&role=invigilator&act=on&value=2&edited={rule.id}"
    forged = f"{shown}&form-parameters=%7B%22years%22%3A30%7D&seal={seal}"
    page = body(client_of("admin").get(f"/what-if/rules/?{forged}&area=nation"))
    assert "2 years instead of 3 years" in page
    assert "Save the rule" not in page


def test_faulty_typed_rule_comes_back_with_its_sentence(client_of: Any, session: Session) -> None:
    rule = rule_of(session, "experience")
    client = client_of("admin")
    address = f"/eligibility-rules/edit/{rule.id}"
    sent = {
        "examination": rule.examination_id,
        "role": rule.role_id,
        "kind": rule.kind,
        "parameters": '{"years": 77}',
        "effective_from": "2025-01-01",
        "year": "2025",
        "source": rule.source,
        "act": "preview",
    }
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert "years must be of: 1-40." in body(answer)


def test_rules_are_listed_in_words(client_of: Any) -> None:
    page = body(client_of("admin").get("/eligibility-rules/list/"))
    assert "3 years" in page
    assert "primary school" in page
    assert "&#34;years&#34;" not in page


def centre_of(session: Session, code: str) -> Centre:
    found_one: Centre = found(session, select(Centre).where(Centre.code == code))
    return found_one


def test_more_candidates_are_shown_as_posts(client_of: Any, session: Session) -> None:
    before, centre = stored(session), centre_of(session, world.CENTRE)
    asked = f"/what-if/posts/?centre={centre.code}&candidates={centre.candidates + 40}&act=see"
    page = body(client_of(OWN).get(asked))
    assert "posts more." in page
    assert "Invigilator" in page
    assert stored(session) == before


def test_fewer_candidates_name_who_holds_a_place_beyond(client_of: Any) -> None:
    page = body(client_of(OWN).get(f"/what-if/posts/?centre={world.CENTRE}&candidates=1&act=see"))
    assert "that it takes away." in page
    assert "The change is refused until they are withdrawn or redeployed." in page


def test_another_directors_centre_is_not_there(client_of: Any) -> None:
    answer = client_of(NEXT_DOOR).get(f"/what-if/posts/?centre={world.CENTRE}&candidates=1&act=see")
    assert answer.status_code == 422
    assert "No centre of that code is in your area." in body(answer)


def ratio_of(session: Session, role: str) -> RatioRule:
    rule: RatioRule = found(
        session,
        select(RatioRule)
        .join(StaffRole, StaffRole.id == RatioRule.role_id)
        .join(Examination, Examination.id == RatioRule.examination_id)
        .where(StaffRole.code == role, Examination.code == "KCSE"),
    )
    return rule


def test_another_ratio_is_shown_by_role(client_of: Any, session: Session) -> None:
    rule, before = ratio_of(session, "invigilator"), stored(session)
    asked = f"/what-if/posts/?rule={rule.id}&act=see&fixed=0&candidates_per=10"
    page = body(client_of("admin").get(asked))
    assert "posts more." in page
    assert stored(session) == before
    assert "posts more." in body(client_of(OWN).get(asked))


@pytest.mark.parametrize(
    "asked",
    [
        "centre=" + "9" * 5000,
        f"centre={world.CENTRE}&act=see&host=" + "9" * 5000,
        f"centre={world.CENTRE}&candidates=000000001" + "9" * 5000,
        f"centre={world.CENTRE}&candidates=00000000199",
        "rule={rule}&act=see&candidates_per=0",
        "rule={rule}&act=see&fixed=1&candidates_per=000000001" + "9" * 5000,
    ],
)
def test_numbers_that_no_rule_or_centre_has_are_refused_in_words(
    client_of: Any, session: Session, asked: str
) -> None:
    rule = ratio_of(session, "invigilator")
    answer = client_of(OWN).get(f"/what-if/posts/?{asked.format(rule=rule.id)}")
    assert answer.status_code == 422


def test_a_ratio_of_no_candidates_is_refused_before_it_is_stored(
    client_of: Any, session: Session
) -> None:
    rule = ratio_of(session, "invigilator")
    client = client_of("admin")
    fields = _fields(client, f"/ratio-rules/edit/{rule.id}")
    answer = client.post(f"/ratio-rules/edit/{rule.id}", data=fields | {"candidates_per": "0"})
    assert answer.status_code == 422
    assert "Write a whole number from 1 to" in body(answer)


def test_candidates_are_changed_after_a_look_at_the_posts(client_of: Any, session: Session) -> None:
    centre = centre_of(session, world.CENTRE)
    pk, candidates = centre.id, centre.candidates
    client = client_of("admin")
    address = f"/centres/edit/{pk}"
    sent = {**_fields(client, address), "candidates": str(candidates + 40)}
    shown = client.post(address, data=sent)
    assert shown.status_code == 200
    assert "Nothing is saved yet." in body(shown)
    assert centre_of(session, world.CENTRE).candidates == candidates
    back = client.post(address, data={**sent, "act": "change", "confirmed": "yes"})
    assert f'value="{candidates + 40}"' in body(back)
    assert client.post(address, data={**sent, "confirmed": "yes"}).status_code == 303
    session.expire_all()
    assert centre_of(session, world.CENTRE).candidates == candidates + 40


def _fields(client: Any, address: str) -> dict[str, str]:
    """What the form of an address holds, as a browser would send it back."""
    page = client.get(address).get_data(as_text=True)
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        if (
            name
            and value
            and name[1] != "csrf_token"
            and name[1] not in values
            and 'type="checkbox"' not in tag
        ):
            values[name[1]] = value[1]
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"', inner) or re.search(
            r'<option[^>]*value="([^"]*)"[^>]*selected', inner
        )
        values[name] = chosen[1] if chosen else ""
    return values


def new_sub_county(session: Session, code: str) -> str:
    with scoped_as(session, EVERYTHING):
        county_id = session.scalars(select(County.id).order_by(County.id).limit(1)).one()
        slug = f"sub-county-{code}"
        session.add(SubCounty(county_id=county_id, code=code, name=slug, slug=slug))
        session.commit()
    return slug


def test_page_counts_few_sub_counties_and_leaves_the_others_to_its_script(
    client_of: Any, session: Session
) -> None:
    """A country does not hold the request: the statements are those of four sub-counties."""
    rule, admin = rule_of(session, "experience"), client_of("admin")
    address = f"/what-if/rules/?rule={rule.id}&value=30&act=on&area=nation"
    assert admin.get(address).status_code == 200
    seen = []
    for codes in (("801", "802"), ("803", "804")):
        for code in codes:
            open_places_in_number(session, 1, new_sub_county(session, code))
        with statements() as told:
            page = admin.get(address).text
        seen.append((len(told), page.count('data-name="barred"'), page.count("data-numbers=")))
    (first, places, left), (second, more, rest) = seen
    assert (more, rest) == (places + 2, left + 2)
    assert (first, more - rest) == (second, 4)


def test_people_of_the_country_are_joined_to_no_deployments(
    client_of: Any, session: Session
) -> None:
    """Their names are asked for by number: a join looks at everybody who is registered."""
    eligibility = rule_of(session, "experience")
    ratio = found(
        session,
        select(RatioRule)
        .join(Examination, Examination.id == RatioRule.examination_id)
        .join(StaffRole, StaffRole.id == RatioRule.role_id)
        .where(Examination.code == "KCSE", StaffRole.code == "invigilator"),
    )
    admin = client_of("admin")
    with statements() as told:
        admin.get(f"/what-if/rules/?rule={eligibility.id}&value=30&act=on&area=nation")
        page = body(admin.get(f"/what-if/posts/?rule={ratio.id}&act=see&candidates_per=100"))
    assert "hold places that it takes away" in page
    joined = [one for one in told if "FROM deployment" in one and "JOIN officer" in one]
    assert joined == []


def test_rules_to_choose_from_are_read_at_once(client_of: Any, session: Session) -> None:
    admin = client_of("admin")
    admin.get("/what-if/posts/")
    with statements() as told:
        before = admin.get("/what-if/posts/").text.count("<option")
    counted = len(told)
    with scoped_as(session, EVERYTHING):
        for county in session.scalars(select(County.id).order_by(County.id)).all():
            values = dict.fromkeys(("examination_id", "role_id", "effective_from", "source"))
            old = session.scalars(select(RatioRule).where(RatioRule.county_id.is_(None))).first()
            values = {name: getattr(old, name) for name in values}
            session.add(RatioRule(**values, basis="county", fixed=1, county_id=county))
        session.commit()
    with statements() as told:
        after = admin.get("/what-if/posts/").text.count("<option")
    assert after > before + 1
    assert len(told) == counted
