"""nginx before the portal, as deploy/nginx.conf has it: forms that do not come hold nobody up there
either, and one network takes only so many connections."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config import CHECKOUT
from tests.browsers import served
from tests.databases import Urls
from tests.results.nodes import (
    changed,
    free_port,
    has_nginx,
    is_held,
    listening,
    nginx_conf,
    stalled,
)  # fmt: skip

HELD_SECONDS = 1.5
"""How long an asker waits in vain before a test believes that nobody answers."""
OURS = "staffing.example.go.ke"
FORM = (
    b"POST /login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 40\r\n"
)
STALLS = {
    "none of it": FORM + b"\r\n",
    "half of it": FORM + b"\r\nusername=",
    "none before it is asked for": FORM + b"Expect: 100-continue\r\n\r\n",
    "half in pieces": FORM[: FORM.index(b"Content-Length")]
    + b"Transfer-Encoding: chunked\r\n\r\n28\r\nusername=",
    "half of a file": FORM.replace(b"/login/", b"/imports/add").replace(b"40", b"4000000")
    + b"\r\nPK",
}


@dataclass(frozen=True)
class Doors:
    """The portal with one worker, and nginx before it."""

    portal: int
    front: int
    trusted: ssl.SSLContext

    def status(self, *, by_nginx: bool, form: bytes | None = None, address: str = "") -> int:
        """What an asker hears of the sign-in page; `address` is where nginx sees them come from."""
        if by_nginx:
            line: http.client.HTTPConnection = http.client.HTTPSConnection(
                "localhost", self.front, timeout=20, context=self.trusted
            )
        else:
            line = http.client.HTTPConnection("localhost", self.portal, timeout=20)
        with contextlib.closing(line):
            said = {"X-Seen-From": address} if address else {}
            line.request("POST" if form else "GET", "/login/", form, said)
            return line.getresponse().status

    def both_ways(self, *, by_nginx: bool = True) -> list[int]:
        """A page and a form; the form lacks the mark that the page has, and is refused for that."""
        return [
            self.status(by_nginx=by_nginx),
            self.status(by_nginx=by_nginx, form=b"username=x&password=y"),
        ]

    @contextlib.contextmanager
    def stalled(self, sent: bytes) -> Iterator[ssl.SSLSocket]:
        """A connection to nginx on which this was sent and nothing else."""
        with (
            stalled(self.front, b"") as plain,
            self.trusted.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            line.sendall(sent)
            yield line


ANSWERS = [200, 400]


def certificate(folder: Path) -> Path:
    """A certificate of this machine and its key in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]
    )  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "portal.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@contextlib.contextmanager
def behind_nginx(portal: int, folder: Path, **settings: str) -> Iterator[Doors]:
    """deploy/nginx.conf with this machine's names, ports and folders; `settings` are other values of
    its directives."""
    pem, port = certificate(folder), free_port()
    said = changed((CHECKOUT / "deploy" / "nginx.conf").read_text(), **settings)
    for theirs, ours in (
        (OURS, "localhost"), ("127.0.0.1:8080", f"127.0.0.1:{portal}"),
        ("    listen [::]:80;\n", ""), ("    listen [::]:443 ssl http2;\n", ""),
        ("    listen [::]:443 ssl default_server;\n", ""), ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ", f"listen 127.0.0.1:{port} "), ("/etc/sajili/tls/fullchain.pem", str(pem)),
        ("/etc/sajili/tls/privkey.pem", str(pem)), ("/var/cache/nginx/sajili", str(folder / "cache")),
        ("/var/log/nginx/", f"{folder}/"),
    ):  # fmt: skip
        assert theirs in said, theirs
        said = said.replace(theirs, ours)
    seen_from = "set_real_ip_from 127.0.0.1; real_ip_header X-Seen-From;"
    log = folder / "front.log"
    conf = nginx_conf(folder, port, log, f"{seen_from} {said}")
    with listening(["nginx", "-e", str(log), "-c", str(conf)], port, log, dict(os.environ)):
        yield Doors(portal, port, ssl.create_default_context(cafile=str(pem)))


@pytest.fixture
def portal(own_database: Urls, tmp_path: Path) -> Iterator[int]:
    """The port of a portal with one worker: whoever holds it holds the portal."""
    if not has_nginx():
        pytest.skip("NO NGINX FOUND: the portal behind it is not tested")
    with served(own_database, tmp_path, WORKERS="1", PROXY_HOPS="1") as server:
        yield urlsplit(server.url).port or 0


def test_forms_that_do_not_come_hold_nobody_up(portal: int, tmp_path: Path) -> None:
    with behind_nginx(portal, tmp_path) as doors, contextlib.ExitStack() as stack:
        assert doors.both_ways() == ANSWERS
        sent = [*STALLS.values()] * 4
        lines = [stack.enter_context(doors.stalled(one)) for one in sent]
        for _ in range(10):
            assert doors.both_ways() == ANSWERS
        assert [is_held(line) for line in lines] == [True] * len(sent)
        stack.pop_all().close()
        _one_form_holds_the_worker_without_nginx(doors)


def _one_form_holds_the_worker_without_nginx(doors: Doors) -> None:
    """Negative control: the same askers wait for as long as the connection lasts."""
    heard: list[list[int]] = []
    asker = threading.Thread(target=lambda: heard.append(doors.both_ways(by_nginx=False)))
    with stalled(doors.portal, STALLS["half of it"]) as line:
        asker.start()
        asker.join(HELD_SECONDS)
        assert (heard, is_held(line)) == ([], True)
    asker.join(20)
    assert heard == [ANSWERS]


def test_one_network_takes_so_many_connections_and_no_other_pays_for_it(
    portal: int, tmp_path: Path
) -> None:
    """Two may be open here instead of 200, and a form that does not come is ended after a second."""
    settings = {"limit_conn": "sajili_connections 2", "client_body_timeout": "1s"}
    with behind_nginx(portal, tmp_path, **settings) as doors, contextlib.ExitStack() as stack:
        heads = [b"X-Seen-From: 2001:db8:7:1::%d\r\n\r\n" % one for one in (1, 2)]
        lines = [stack.enter_context(doors.stalled(FORM + head)) for head in heads]
        seen_from = ["2001:db8:7:1::3", "2001:db8:7:1:ffff::3", "2001:db8:7:2::1", "10.7.0.1"]
        heard = [doors.status(by_nginx=True, address=address) for address in seen_from]
        assert heard == [503, 503, 200, 200]
        for line in lines:
            line.settimeout(20)
            assert line.recv(4096) == b""
        assert doors.status(by_nginx=True, address=seen_from[0]) == 200
