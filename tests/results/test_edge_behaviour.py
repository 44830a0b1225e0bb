"""The public edge behaves in one way, whether Python or nginx serves it."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import clock
from app.results import publishing, told
from app.results.control import read_control, write_control
from app.results.counters import HOUR, Misses
from app.results.edge import Edge
from app.results.pages import NOTHING_HERE, Contacts, dated, headers
from app.results.publishing import Words, put_words
from app.results.store import Reader
from tests.factories.networks import PAIRS
from tests.results import worlds
from tests.results.nodes import Answer, Node, has_nginx, is_held, running, stalled
from tests.results.worlds import fresh, put

UNKNOWN = "99999999999"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both releases, the first one open."""
    found = tmp_path_factory.mktemp("edge") / "results"
    found.mkdir()
    worlds.make_store(found, worlds.FIRST)
    worlds.make_store(found, worlds.SECOND)
    write_control(found, worlds.open_control())
    return found


@pytest.fixture(scope="module")
def python_edge(folder: Path) -> Iterator[Node]:
    with running("python", folder) as node:
        yield node


@pytest.fixture(scope="module")
def nginx_edge(folder: Path) -> Iterator[Node]:
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: the second edge is not tested")
    with running("nginx", folder) as node:
        yield node


@pytest.fixture(params=["python", "nginx"])
def edge(request: pytest.FixtureRequest) -> Node:
    found: Node = request.getfixturevalue(f"{request.param}_edge")
    return found


@pytest.fixture
def usual(folder: Path) -> Iterator[Path]:
    """The folder, its control put back as it was once the test is done."""
    yield folder
    put(folder)


def test_a_candidate_is_found_as_page_with_every_sign(edge: Node) -> None:
    index = fresh()
    answer = edge.page(index, "achieng")
    text = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["content-length"] == str(len(answer.body))
    assert len(answer.body) < 20_000
    for said in ("B- (MINUS)", "<b>A-</b> (MINUS)", "<b>B+</b> (PLUS)", "<b>C-</b> (MINUS)", index,
                 escape(worlds.NAMES), "KISUMU DAY &amp; &lt;SONS&gt;", "Release 1, KCSE 2026",
                 "0800 721 572"):  # fmt: skip
        assert said in text
    assert "<meta name=referrer content=no-referrer>" in text
    assert "<script" not in text


def test_a_candidate_is_found_in_kiswahili(edge: Node) -> None:
    index = fresh()
    page = edge.page(index, "achieng", "sw").body.decode()
    by_browser = edge.send(
        path=f"/results/?index={index}&name=achieng", headers={"Accept-Language": "sw-KE,en;q=0.5"}
    )
    assert "Gredi ya wastani" in page
    assert "<html lang=sw>" in page
    assert by_browser.body.decode() == page


def test_a_candidate_is_found_as_json(edge: Node) -> None:
    index = fresh()
    answer = edge.json(index, "Nganga")
    document = json.loads(answer.body)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert worlds.grades_of(document) == ["B-", "A-", "B+", "C-", "E"]
    assert document["mean_grade_words"] == "B- (MINUS)"
    assert (document["index_number"], document["names"]) == (index, worlds.NAMES)
    assert document["release"]["number"] == 1
    assert document["version"] == 1


@pytest.mark.parametrize("as_page", [True, False])
def test_every_answer_carries_the_headers_of_its_kind(edge: Node, as_page: bool) -> None:
    index = fresh()
    found = edge.page(index, "achieng") if as_page else edge.json(index, "achieng")
    missed = edge.page(index, "nobody") if as_page else edge.json(index, "nobody")
    for answer in (found, missed):
        said = {name: answer.headers.get(name.lower()) for name in headers(page=as_page)}
        assert said == headers(page=as_page)


@pytest.mark.parametrize("kind", list(worlds.LETTERS))
def test_a_letter_in_a_grades_place_has_its_own_page(edge: Node, kind: str) -> None:
    index = worlds.letter_of(kind)
    letter = worlds.LETTERS[kind]
    document = json.loads(edge.json(index, "achieng").body)
    page = edge.page(index, "achieng")
    assert (page.status, document["status"], document["mean_grade"]) == (200, kind, letter)
    assert f"({letter})" in page.body.decode()
    if kind in {"withheld", "pended"}:
        assert document["subjects"] == []
    assert "<table" not in page.body.decode()


@pytest.mark.parametrize(
    "typed", ["", "1234", "4223800600a", "422380060011", "４２２３８００６００１"]
)
def test_what_is_no_index_number_is_said_so(edge: Node, typed: str) -> None:
    page, program = edge.page(typed, "Achieng"), edge.json(typed or "x", "Achieng")
    assert (page.status, program.status) == (422, 422)
    assert f'value="{typed}"' in page.body.decode()
    assert 'value="Achieng"' in page.body.decode()
    assert json.loads(program.body)["code"] == "malformed"


def test_an_index_number_is_read_as_people_type_it(edge: Node) -> None:
    index = fresh()
    typed = f" {index[:8]}/{index[8:]} "
    assert json.loads(edge.json(typed, "achieng").body)["index_number"] == index


@pytest.mark.parametrize("name", ["", "  ", "''", "-", "\u4e2d\u6587"])
def test_without_a_name_nothing_is_looked_up(edge: Node, name: str) -> None:
    index = fresh()
    for _ in range(11):
        answer = edge.page(index, name)
        assert answer.status == 422
    assert f'value="{index}"' in answer.body.decode()
    assert edge.page(index, "achieng").status == 200


@pytest.mark.parametrize(
    "typed",
    ['"><script>alert(1)</script>', "' onfocus='x", "<img src=x>", "&quot;&#x27;", "a\u0301\u2028'", "x" * 300],
)  # fmt: skip
def test_what_was_typed_stays_and_stays_harmless(edge: Node, typed: str) -> None:
    page = edge.page(typed, typed).body.decode()
    assert page.count(f'value="{escape(typed[:120])}"') == 2
    assert "<script" not in page
    assert "<img" not in page


NAMES_TYPED = {
    "achieng": True, "ACHIENG'": True, "Achieng nganga": True, "Ng\u2019ang\u2019a": True,
    "Ng`ang`a": True, "nganga": True, "Wanjiku-Mu\u00f1oz": True, "wanjikumunoz": True,
    "WANJIKU MUNOZ": True, "Wanjiku-Mun\u0303oz": True, "  achieng  ": True,
    "Ach": False, "achien": False, "wanjiku": False, "achieng otieno": False, "otieno": False,
    "achiengnganga": False, "|achieng|": True, "achieng|nganga": False, "%": False,
}  # fmt: skip


@pytest.mark.parametrize("typed", [name for name in NAMES_TYPED if name != "%"])
def test_names_are_compared_as_whole_words_folded(edge: Node, typed: str) -> None:
    status = 200 if NAMES_TYPED[typed] else 404
    index = fresh()
    assert (edge.json(index, typed).status, edge.page(index, typed).status) == (status, status)


def test_a_stranger_cannot_tell_wrong_from_unknown_from_withheld(edge: Node) -> None:
    asked = [fresh(), UNKNOWN, worlds.letter_of("withheld"), "0" * 11]
    pages = [edge.page(index, "Otieno") for index in asked]
    assert len({repr(edge.json(index, "Otieno").seen) for index in asked}) == 1
    hidden = [
        repr(page.seen).replace(index, "INDEX") for page, index in zip(pages, asked, strict=True)
    ]
    assert len(set(hidden)) == 1
    assert pages[0].status == 404


@pytest.mark.parametrize("known", [True, False])
def test_ten_misses_an_hour_over_all_workers(edge: Node, known: bool) -> None:
    index = fresh() if known else f"{99999990000 + (edge.kind == 'nginx')}"
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: edge.json(index, "otieno"), range(60)))
    assert Counter(one.status for one in answers) == {404: 10, 429: 50}
    right = edge.page(index, "achieng")
    assert (right.status, right.headers["retry-after"]) == (429, "3600")
    assert b'value="achieng"' in right.body


def test_without_the_limit_a_name_could_be_guessed(edge: Node, usual: Path) -> None:
    put(usual, misses_an_hour=1000)
    index = fresh()
    assert {edge.json(index, "otieno").status for _ in range(30)} == {404}
    assert edge.json(index, "achieng").status == 200


def test_the_right_name_is_no_miss(edge: Node) -> None:
    index = fresh()
    assert {edge.json(index, "achieng").status for _ in range(30)} == {200}


def test_after_an_hour_misses_are_forgiven(folder: Path) -> None:
    moment = [time.time()]
    misses = Misses(folder.parent / "misses-of-test", now=lambda: moment[0])
    assert [misses.count(b"12345678901") for _ in range(11)] == [True] * 10 + [False]
    moment[0] += HOUR - 1
    assert misses.is_limited(b"12345678901")
    moment[0] += 2
    assert not misses.is_limited(b"12345678901")
    assert misses.forget_old() == 1
    assert misses.count(b"12345678901")


def test_an_address_is_limited_loosely(edge: Node, usual: Path) -> None:
    put(usual, address_a_minute=5, proxies=1)
    path = f"/results/?index={fresh()}&name=achieng"

    def asked(address: str) -> Answer:
        return edge.send(path=path, headers={"X-Forwarded-For": f"6.6.6.6, {address}"})

    assert [asked(f"10.0.0.{number}").status for number in range(60)] == [200] * 60
    answers = [asked("10.1.1.1") for _ in range(60)]
    crowded = [one for one in answers if one.status == 429]
    assert (answers[0].status, len(crowded) > 10) == (200, True)
    assert 60 <= int(crowded[0].headers["retry-after"]) < 90
    assert b"your network" in crowded[0].body
    assert b'value="achieng"' in crowded[0].body


def test_addresses_of_one_network_are_one_asker(edge: Node, usual: Path) -> None:
    """Whoever has one address of IPv6 has 2^64 of them, and is one asker all the same."""
    put(usual, address_a_minute=5, proxies=1)
    path = f"/results/?index={fresh()}&name=achieng"

    def asked(address: str, times: int) -> set[int]:
        return {
            edge.send(path=path, headers={"X-Forwarded-For": address}).status for _ in range(times)
        }

    for one, other, is_same in PAIRS:
        worlds.await_early_in_a_minute()
        assert asked(one, 50) == {200, 429}
        assert asked(other, 5) == ({429} if is_same else {200}), (one, other)


def test_the_machine_itself_may_ask_for_everybody(edge: Node, usual: Path) -> None:
    """A proof asks a million times; whoever comes over a network, or by a proxy, is limited."""
    put(usual, address_a_minute=5)
    path = f"/results/?index={fresh()}&name=achieng"
    assert {edge.send(path=path).status for _ in range(60)} == {200}
    by_proxy = [edge.send(path=path, headers={"X-Forwarded-For": "10.2.2.2"}) for _ in range(60)]
    assert {one.status for one in by_proxy} == {200, 429}


def test_head_is_get_without_its_bytes(edge: Node) -> None:
    path = f"/results/?index={fresh()}&name=achieng"
    got, head = edge.send("GET", path), edge.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.seen[1] == got.seen[1]


def test_the_form_is_shown_where_nothing_was_asked(edge: Node) -> None:
    answer = edge.send()
    assert answer.status == 200
    assert b"<form method=post" in answer.body
    assert edge.send(headers={"Accept": "application/json"}).seen == answer.seen


def test_other_methods_and_addresses_are_refused(edge: Node) -> None:
    assert edge.send("PUT").status == 405
    assert edge.send("DELETE").status == 405
    assert edge.send(path="/login/").status == 404
    for path in ("/", "/results"):
        moved = edge.send(path=path)
        assert (moved.status, moved.headers["location"]) == (302, "/results/")
    assert edge.send(path="/alive").status == 200


def test_a_form_that_is_too_long_is_refused(edge: Node) -> None:
    assert edge.page("1" * 3000, "achieng").status == 413
    assert edge.send(path="/results/?index=1&name=" + "a" * 3000).status == 413


@pytest.mark.parametrize("closed", [{"key": None}, {"opens_at": time.time() + 3600}])
def test_nothing_is_readable_before_the_minute(
    edge: Node, usual: Path, closed: dict[str, object]
) -> None:
    put(usual, **closed)
    index = fresh()
    page, program = edge.page(index, "achieng"), edge.json(index, "achieng")
    assert (page.status, program.status) == (503, 503)
    assert b"Mon 11 Jan 2027, 11:00" in page.body
    assert b"ACHIENG" not in page.body + program.body
    assert 60 <= int(page.headers["retry-after"]) < 90


def test_the_door_opens_at_its_minute_and_not_before(edge: Node, usual: Path) -> None:
    index, opens_at = fresh(), time.time() + 2
    write_control(usual, worlds.open_control(opens_at=opens_at))
    time.sleep(worlds.SEEN_SECONDS)
    seen = []
    while time.time() < opens_at + 0.5:
        asked_at = time.time()
        status = edge.json(index, "achieng").status
        seen.append((asked_at, time.time(), status))
    assert [one for one in seen if one[1] < opens_at and one[2] != 503] == []
    assert [one for one in seen if one[0] > opens_at + 0.1 and one[2] != 200] == []


def test_a_release_whose_minute_was_moved_is_read_from_the_store_that_was_built_for_it(
    edge: Node, usual: Path
) -> None:
    first = replace(worlds.FIRST, number=7)
    later = replace(first, released_at="2027-01-11T15:00+03:00")
    index, opens_at = "42238006001", time.time() + 3600
    for release in (first, later):
        one = worlds.result(index)
        publishing.build(usual, release, [one], key=worlds.KEY, contacts=Contacts())
        publishing.announce(usual, release, opens_at=opens_at)
        time.sleep(worlds.SEEN_SECONDS)
        said = re.findall(r"<b>Mon 11 Jan 2027, (..:..)</b>", edge.send().body.decode())
        assert said == [release.released_at[11:16]]
    put(usual, store=publishing.store_name(later), build="not here yet")
    assert (edge.send().status, edge.send(path="/alive").status) == (503, 503)
    publishing.announce(usual, later, opens_at=opens_at)
    publishing.unlock(usual, later, opens_at=time.time() - 1, key=worlds.KEY)
    withheld = replace(worlds.result(index, "W"), version=2)
    signer, at = Ed25519PrivateKey.generate(), "2027-01-11T15:01:00+03:00"
    changed = publishing.correct_results(
        usual, later, [withheld], key=worlds.KEY, signer=signer, at=at
    )
    assert changed == 1
    time.sleep(worlds.SEEN_SECONDS)
    answer = json.loads(edge.json(index, "achieng").body)
    assert (answer["status"], answer["release"]["released_at"]) == ("withheld", later.released_at)


def test_a_notice_appears_within_a_second(edge: Node, usual: Path) -> None:
    put(usual, notice={"en": "Lines are <open> until 8", "sw": "Simu zi wazi"})
    assert b"Lines are &lt;open&gt; until 8" in edge.send().body
    assert b"Simu zi wazi" in edge.page(fresh(), "achieng", "sw").body


def test_a_notice_is_dated_and_gone_as_soon_as_it_is_taken_away(edge: Node, usual: Path) -> None:
    said = dated("Lines are open", datetime(2027, 1, 11, 14, 5, tzinfo=clock.NAIROBI), "en")
    assert said == "Mon 11 Jan, 14:05: Lines are open"
    assert dated(
        "Simu zi wazi", datetime(2027, 1, 11, 14, 5, tzinfo=clock.NAIROBI), "sw"
    ).startswith("Jtt 11 Jan, 14:05")
    words = Words({"en": said, "sw": said}, Contacts(("0800 721 572",)), "")
    put_words(usual, words)
    time.sleep(worlds.SEEN_SECONDS)
    assert said.encode() in edge.send().body
    put_words(usual, replace(words, notice={}))
    time.sleep(worlds.SEEN_SECONDS)
    assert b"Lines are open" not in edge.send().body


def test_other_numbers_to_call_are_on_every_page_within_a_second(edge: Node, usual: Path) -> None:
    put_words(usual, Words({}, Contacts(("0800 111 222", "0800 <333>")), ""))
    time.sleep(worlds.SEEN_SECONDS)
    index = fresh()
    pages = [
        edge.send(),
        edge.page("1", "x"),
        edge.page(fresh(), "nobody"),
        edge.page(index, "achieng"),
    ]
    for page in pages:
        assert b"<a href='tel:0800111222'>0800 111 222</a>, " in page.body
        assert b">0800 &lt;333&gt;</a><p>KNEC never" in page.body
        assert b"0800 721 572" not in page.body
        assert page.headers["content-length"] == str(len(page.body))
    swahili = edge.page(index, "achieng", "sw").body
    assert "Uliza shule, au piga simu bila malipo: <a href='tel:0800111222'>" in swahili.decode()
    put_words(usual, Words({}, Contacts(()), ""))
    time.sleep(worlds.SEEN_SECONDS)
    assert b"Need help? Ask the school.<p>" in edge.send().body


def test_words_and_a_key_put_out_at_one_moment_both_stay(tmp_path: Path) -> None:
    """Whoever writes the words meanwhile takes neither the key away nor the release back."""
    publishing.announce(tmp_path, worlds.FIRST, opens_at=1.0)
    words = [Words({"en": str(number)}, Contacts(()), "") for number in range(200)]
    with ThreadPoolExecutor(2) as pool:
        said = pool.submit(lambda: [put_words(tmp_path, one) for one in words])
        for _ in range(100):
            publishing.unlock(tmp_path, worlds.FIRST, opens_at=2.0, key=worlds.KEY)
            publishing.take_down(tmp_path)
        publishing.unlock(tmp_path, worlds.FIRST, opens_at=2.0, key=worlds.KEY)
        said.result()
    control = read_control(tmp_path)
    assert control is not None
    assert (control.key, control.opens_at) == (worlds.KEY.hex(), 2.0)
    assert control.notice == {"en": "199"}


def test_without_a_control_or_a_store_there_are_no_results(edge: Node, usual: Path) -> None:
    (usual / "control.json").unlink()
    time.sleep(worlds.SEEN_SECONDS)
    assert (edge.send().status, edge.send(path="/alive").status) == (503, 503)
    put(usual, store="never-pushed")
    assert edge.json(fresh(), "achieng").status == 503
    put(usual)
    assert edge.json(fresh(), "achieng").status == 200


class Askers:
    """Ask for one candidate without a pause, in several threads, while something changes."""

    def __init__(self, ask: Callable[[], Answer], threads: int = 4) -> None:
        self._ask, self._ended = ask, threading.Event()
        self.heard: list[tuple[float, Answer]] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self) -> None:
        while not self._ended.is_set():
            began = time.time()
            self.heard.append((began, self._ask()))

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(worlds.SEEN_SECONDS + 0.5)
        self._ended.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("as_page", [True, False])
def test_a_switch_under_load_has_no_middle(edge: Node, usual: Path, as_page: bool) -> None:
    index = fresh()
    ask = (
        (lambda: edge.page(index, "achieng")) if as_page else (lambda: edge.json(index, "achieng"))
    )
    first = ask()
    with Askers(ask) as askers:
        write_control(usual, worlds.open_control(store="s2"))
        switched = time.time()
    second = ask()
    assert b"B- (MINUS)" in first.body
    assert b"C+ (PLUS)" in second.body
    assert {one.body for _, one in askers.heard} == {first.body, second.body}
    late = [one for at, one in askers.heard if at > switched + worlds.SEEN_SECONDS]
    assert late
    assert {one.body for one in late} == {second.body}


def test_a_correction_under_load_is_never_mixed_and_never_missing(edge: Node, folder: Path) -> None:
    index = fresh()
    first = edge.json(index, "achieng")
    with Askers(lambda: edge.json(index, "achieng")) as askers:
        worlds.amend(folder, index, "A-")
        corrected = time.time()
    second = edge.json(index, "achieng")
    document = json.loads(second.body)
    assert (document["version"], document["mean_grade"]) == (2, "A-")
    assert {one.body for _, one in askers.heard} == {first.body, second.body}
    late = [one for at, one in askers.heard if at > corrected + worlds.SEEN_SECONDS]
    assert late
    assert {one.body for one in late} == {second.body}


def test_counts_are_told_without_a_person(edge: Node, folder: Path) -> None:
    index = fresh()
    edge.json(index, "achieng")
    time.sleep(4)
    told = [path.read_text() for path in (folder / "counts").glob("*.json")]
    assert sum(json.loads(one)["stores"].get("s1", {}).get("shown", 0) for one in told) > 0
    assert index not in "".join(told)
    assert "achieng" not in "".join(told).lower()


def test_every_shown_result_is_counted_however_it_was_asked_for(edge: Node, folder: Path) -> None:
    """A name typed with a space is asked the long way, a plain one the short way: one count."""

    def shown() -> int:
        stores = [json.loads(path.read_text())["stores"] for path in (folder / "counts").glob("*")]
        return sum(store.get("s1", {}).get("shown", 0) for store in stores)

    edge.json(fresh(), "achieng ")
    time.sleep(4)
    before = shown()
    for _ in range(6):
        assert edge.json(fresh(), "achieng").status == 200
    edge.json(fresh(), "achieng ")
    time.sleep(4)
    assert shown() == before + 7


def test_headquarters_hears_what_a_node_answered_and_nobody_else_does(
    edge: Node, usual: Path
) -> None:
    token = "t" * 40
    assert edge.send(path="/counts", headers={"Authorization": "Bearer "}).status == 404
    put(usual, counts_token=token)
    index = fresh()
    edge.json(index, "nobody")
    for _ in range(300):
        edge.json(index, "achieng")
        time.sleep(0.1)
        heard = edge.send(path="/counts", headers={"Authorization": f"Bearer {token}"})
        found = told.said(heard.body)
        s1 = found.stores.get("s1", {})
        if found.a_second > 0 and s1.get("shown", 0) >= 5 and s1.get("missed", 0) >= 1:
            break
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": token}):
        refused = edge.send(path="/counts", headers=wrong)
        assert (refused.status, refused.body) == (404, b"The results are at /results/")
    assert (heard.status, heard.headers["cache-control"]) == (200, "no-store")
    found, files = told.said(heard.body), told.told_by(usual)
    assert files is not None
    assert found.stores["s1"]["shown"] >= 5
    assert found.stores["s1"]["missed"] >= 1
    assert set(found.stores["s1"]) <= set(files.stores["s1"])
    assert found.a_second > 0
    assert time.time() - found.at < 6
    assert index.encode() not in heard.body


def test_logs_name_nobody(edge: Node) -> None:
    index = fresh()
    edge.page(index, "Achieng")
    edge.page(index, "Zebulon")
    edge.send(path=f"/results/?index={index}&name=%ff%00Zebulon")
    assert not re.search(rf"{index}|zebulon|achieng", edge.log.read_text(), re.IGNORECASE)


@pytest.mark.parametrize("kind", ["python", "nginx"])
def test_a_node_that_is_too_busy_says_so_and_spreads_its_askers(kind: str, folder: Path) -> None:
    if kind == "nginx" and not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: its busy page is not tested")
    with running(kind, folder, busy=True, workers=1) as node:
        time.sleep(1)
        answers = [node.page(fresh(), "achieng") for _ in range(12)]
        program = node.json(fresh(), "achieng")
    waits = {int(one.headers["retry-after"]) for one in answers if one.status == 503}
    assert {one.status for one in [*answers, program]} == {503}
    assert min(waits) >= 60
    assert max(waits) < 120
    assert len(waits) > 2
    assert b"Very many people" in answers[0].body
    assert b"0800 721 572" in answers[0].body
    assert b'value="achieng"' in answers[0].body


def test_nginx_that_hears_nothing_of_its_own_question_sends_askers_away(folder: Path) -> None:
    """A worker asks its node as others do; while no answer comes, others wait as long as it does."""
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: how it knows that it is busy is not tested")
    index = fresh()

    def is_heard(status: int) -> bool:
        for _ in range(200):
            if node.json(index, "achieng").status == status:
                return True
            time.sleep(0.1)
        return False

    with socket.create_server(("127.0.0.1", 0)) as silent:
        more = {"EDGE_PORT": str(silent.getsockname()[1]), "EDGE_BUSY_MS": "1000"}
        with running("nginx", folder, workers=1, more=more) as node:
            assert is_heard(200)
            assert is_heard(503)
            silent.close()
            assert is_heard(200)


def test_those_whose_forms_do_not_come_are_no_load(folder: Path) -> None:
    """They are sent away by nobody, and nobody is sent away for them."""
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: forms that do not come are not tested with it")
    asked = b"POST /results/ HTTP/1.1\r\nHost: edge\r\nContent-Length: 40\r\n\r\nindex="
    with (
        running("nginx", folder, workers=1, more={"EDGE_BUSY_MS": "5000"}) as node,
        contextlib.ExitStack() as stack,
    ):
        halves = (asked, asked[:30])
        lines = [stack.enter_context(stalled(node.port, one)) for one in halves for _ in range(40)]
        index = fresh()
        answers = {
            ask(index, "achieng").status for ask in (node.json, node.page) for _ in range(20)
        }
        assert answers == {200}
        assert [is_held(line) for line in lines] == [True] * len(lines)


def nasty(dice: random.Random) -> bytes:
    """A form as nobody types it."""
    pieces = [
        b"index=", b"name=", b"lang=sw", b"&", b"=", b"+", b"%", b"%41", b"%4", b"%zz", b"%00", b"%ff",
        b"%c3%91", b"%c3", b"%e2%80%99", b"%e2%80", b"%f0%9f%98%80", b"%ed%a0%80", b"%f4%90%80%80",
        b"%C2%A0", b"achieng", b"NGANGA", b"42238006895", b"-", b"'", b"%22%3E%3Cb", b"%EF%BC%A1",
        b"%E3%80%80", b"%C4%B0", b"%C3%9F", b"a" * 119, b"%E1%BA%9E", b";", b"|",
    ]  # fmt: skip
    return b"".join(dice.choice(pieces) for _ in range(dice.randrange(1, 14)))


def test_both_nodes_answer_the_nastiest_forms_with_the_same_bytes(
    python_edge: Node, nginx_edge: Node
) -> None:
    dice = random.Random(20261122)
    for number in range(400):
        form = nasty(dice)
        if number % 2:
            form = b"index=42238006895&name=" + form
        kind = {"Accept": dice.choice(["application/json", "text/html"])}
        path = dice.choice(["/results/", "/results/?lang=sw", "/results/?lang=en&lang=sw"])
        answers = [node.send("POST", path, form, kind).seen for node in (python_edge, nginx_edge)]
        assert answers[0] == answers[1], form
        path = "/results/?" + form.decode()
        answers = [node.send("GET", path, headers=kind).seen for node in (python_edge, nginx_edge)]
        assert answers[0] == answers[1], form


def test_other_channels_answer_by_the_same_rules(folder: Path) -> None:
    edge = Edge(folder)
    index = fresh()
    found = edge.look(index, "achieng")
    assert found is not None
    assert found.document["mean_grade"] == "B-"
    assert [edge.look(index, "otieno") for _ in range(3)] == [None] * 3
    assert edge.look(index, "achieng") is None


def test_ten_misses_hold_over_page_and_telephone_together(edge: Node, usual: Path) -> None:
    """What is kept for SMS and USSD is taken from the page, and the page leaves it alone."""
    put(usual, misses_by_phone=3)
    index, phones = fresh(), Edge(usual)
    answers = [edge.json(index, "otieno").status for _ in range(12)]
    assert Counter(answers) == {404: 7, 429: 5}
    assert phones.look(index, "achieng") is not None
    for _ in range(3):
        phones.look(index, "otieno")
    assert phones.look(index, "achieng") is None


def test_without_a_share_the_telephone_would_add_to_the_page(edge: Node, usual: Path) -> None:
    put(usual, misses_by_phone=0)
    index = fresh()
    assert Counter(edge.json(index, "otieno").status for _ in range(12)) == {404: 10, 429: 2}
    assert Edge(usual).look(index, "achieng") is not None


def test_askers_behind_the_portals_proxy_are_counted_one_by_one(usual: Path) -> None:
    write_control(usual, worlds.open_control(address_a_minute=5))
    edge = Edge(usual, proxies=1)

    def asked(**more: str) -> str:
        heard: list[str] = []
        query = {"QUERY_STRING": f"index={worlds.SCHOOL}001&name=achieng", "PATH_INFO": "/results/"}
        edge({"REQUEST_METHOD": "GET", **query, **more}, lambda status, _: heard.append(status))
        return heard[0]

    near = {"REMOTE_ADDR": "127.0.0.1"}
    others = [asked(**near, HTTP_X_FORWARDED_FOR=f"10.9.9.{number}") for number in range(8)]
    one = [asked(**near, HTTP_X_FORWARDED_FOR="6.6.6.6, 10.9.8.1") for _ in range(8)]
    past = [asked(REMOTE_ADDR="10.9.7.1") for _ in range(8)]
    neighbours = [asked(REMOTE_ADDR=f"2001:db8:7::{number}") for number in range(8)]
    here = [asked(REMOTE_ADDR=address) for address in ["::1", "::ffff:127.0.0.1"] * 4]
    assert others == here == ["200 OK"] * 8
    assert one == past == neighbours == ["200 OK"] * 5 + ["429 Too Many Requests"] * 3


def test_a_number_that_nobody_has_is_read_as_often_as_a_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the time would tell; so would a withheld one."""
    worlds.make_store(tmp_path, worlds.FIRST)
    write_control(tmp_path, worlds.open_control())
    edge, read = Edge(tmp_path), Counter[str]()

    def counted(name: str) -> Callable[..., object]:
        real = getattr(Reader, name)

        def count(reader: Reader, index_number: bytes) -> object:
            read[name] += 1
            return real(reader, index_number)

        return count

    for name in ("sealed", "nearest"):
        monkeypatch.setattr(Reader, name, counted(name))

    def reads(index: str) -> Counter[str]:
        read.clear()
        asked = {"QUERY_STRING": f"index={index}&name=otieno", "PATH_INFO": "/results/"}
        list(edge({"REQUEST_METHOD": "GET", **asked}, lambda *_: None))
        return read.copy()

    known = reads(fresh())
    assert known == reads(UNKNOWN) == reads(worlds.letter_of("withheld"))
    assert known == {"sealed": 1, "nearest": 2}


@pytest.mark.parametrize("kind", ["python", "nginx"])
def test_where_nothing_was_ever_prepared_a_page_says_so(kind: str, tmp_path: Path) -> None:
    if kind == "nginx" and not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: the edge in nginx is not tested")
    empty = tmp_path / "results"
    empty.mkdir()
    with running(kind, empty) as node:
        answer = node.page("42238006001", "achieng")
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert (answer.headers["content-type"], answer.body) == (
        "text/html; charset=utf-8",
        NOTHING_HERE,
    )
    assert answer.headers["cache-control"] == "no-store"
