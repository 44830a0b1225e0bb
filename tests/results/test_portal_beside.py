"""`make run` serves the results too: the launcher's own portal answers from the very store."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from app.results.control import write_control
from tests.browsers import served
from tests.databases import Urls
from tests.results import worlds
from tests.results.nodes import Node, running


def test_portal_and_edge_answer_with_the_same_bytes(own_database: Urls, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    worlds.make_store(folder, worlds.FIRST)
    write_control(folder, worlds.open_control())
    index = worlds.fresh()
    with served(own_database, tmp_path) as server, running("python", folder, workers=1) as edge:
        portal = Node("portal", urlsplit(server.url).port or 0, edge.log)
        for name, status in (("achieng", 200), ("otieno", 404)):
            for ask in (lambda node, name=name: node.json(index, name),
                        lambda node, name=name: node.page(index, name, "sw")):  # fmt: skip
                said = ask(portal)
                assert (said.status, said.seen) == (status, ask(edge).seen)
        assert json.loads(portal.json(index, "achieng").body)["mean_grade"] == "B-"
        assert portal.send(path="/results").headers["location"] == "/results/"
        assert urllib.request.urlopen(f"{server.url}/login/").status == 200
