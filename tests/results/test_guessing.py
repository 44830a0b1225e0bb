"""What a stranger learns by guessing names: ten tries an hour for each candidate, however they ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from app.results.control import read_control, write_control
from deploy import edge_three_nodes as three
from tests.results.nodes import Answer, Node, has_nginx
from tests.results.worlds import SEEN_SECONDS

KINDS = ["python", "nginx", "python"]
CANDIDATES = 400


@dataclass(frozen=True)
class Street:
    """Three nodes behind their balancer."""

    folders: list[Path]
    nodes: list[Node]
    front: Node


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: the balancer is not tested")
    work = tmp_path_factory.mktemp("street")
    work.chmod(0o755)
    folders = three.pushed(work, CANDIDATES, len(KINDS))
    with three.running(work, KINDS, folders) as (front, ports):
        nodes = [Node(kind, port, work) for kind, port in zip(KINDS, ports, strict=True)]
        yield Street(folders, nodes, Node("balancer", front, work))


def spellings(index: str) -> list[str]:
    """The index number as it may be written in a question, always read the same."""
    spaced = f"{index[:2]} {index[2:5]}/{index[5:8]}-{index[8:]}"
    encoded = "".join(f"%{ord(digit):02x}" for digit in index)
    return [
        index, quote(spaced), f"%20{index}", f"{index}%20", f"+{index}+", f"{index[:8]}.{index[8:]}",
        encoded, index[:10] + encoded[-3:], f"%C2%A0{index}", f"{index}%09", f"{index}{'+' * 109}9",
        f"{index}&index=10000000001", f"{index[:5]}%2D{index[5:]}", f"{index[:1]}-{index[1:]}",
    ]  # fmt: skip


def asked(front: Node, spelled: str, name: str, way: str) -> Answer:
    """One question in one of the ways that an edge hears it."""
    accept = {"Accept": "application/json"}
    if way == "form":
        return front.send("POST", "/results/", f"index={spelled}&name={name}".encode(), accept)
    if way == "name first":
        return front.send(path=f"/results/?name={name}&index={spelled}", headers=accept)
    return front.send(path=f"/results/?index={spelled}&name={name}", headers=accept)


WAYS = ("form", "name first", "address")


@pytest.mark.parametrize("number", [11, 12, 13, 14])
def test_ten_misses_an_hour_over_all_nodes_however_the_number_is_written(
    street: Street, number: int
) -> None:
    index = three.index_of(number)
    questions = [(spelled, way) for spelled in spellings(index) for way in WAYS] * 2
    with ThreadPoolExecutor(12) as pool:
        answers = list(
            pool.map(lambda one: asked(street.front, one[0], "zebulon", one[1]), questions)
        )
    assert Counter(one.status for one in answers) == {404: 10, 429: len(questions) - 10}
    right = [asked(street.front, spelled, "achieng", "form") for spelled in spellings(index)]
    assert {one.status for one in right} == {429}


def test_every_spelling_is_the_same_number(street: Street) -> None:
    index = three.index_of(21)
    for spelled in spellings(index):
        for way in WAYS:
            answer = asked(street.front, spelled, "achieng", way)
            assert (answer.status, index.encode() in answer.body) == (200, True), (spelled, way)


def test_numbers_are_spread_over_all_nodes(street: Street) -> None:
    """Otherwise a limit that holds over all nodes would say nothing."""
    index_numbers = [three.index_of(number) for number in range(100, 160)]
    for index in index_numbers:
        for _ in range(10):
            asked(street.front, index, "zebulon", "address")
    limited = [
        sum(node.json(index, "achieng").status == 429 for index in index_numbers)
        for node in street.nodes
    ]
    assert sum(limited) == len(index_numbers)
    assert min(limited) > 0


def test_where_nobody_routes_each_node_holds_its_share(street: Street) -> None:
    index = three.index_of(31)
    usual = [read_control(folder) for folder in street.folders]
    for folder, control in zip(street.folders, usual, strict=True):
        assert control is not None
        write_control(folder, replace(control, misses_an_hour=10 // len(KINDS)))
    try:
        three.time.sleep(SEEN_SECONDS)
        with ThreadPoolExecutor(12) as pool:
            nodes = street.nodes * 10
            answers = list(pool.map(lambda node: node.json(index, "zebulon").status, nodes))
        assert Counter(answers) == {404: 9, 429: 21}
    finally:
        for folder, control in zip(street.folders, usual, strict=True):
            assert control is not None
            write_control(folder, control)
        three.time.sleep(SEEN_SECONDS)


def test_wrong_and_unknown_are_one_answer_through_the_balancer(street: Street) -> None:
    known, unknown = three.index_of(41), three.index_of(999_999)
    assert repr(street.front.json(known, "zebulon").seen) == repr(
        street.front.json(unknown, "zebulon").seen
    )
    pages = [street.front.page(index, "zebulon") for index in (known, unknown)]
    hidden = [
        repr(page.seen).replace(index, "INDEX")
        for page, index in zip(pages, (known, unknown), strict=True)
    ]
    assert hidden[0] == hidden[1]
