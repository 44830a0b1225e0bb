"""An officer's way in on a telephone of 360 pixels, without a script: from a number to a password
of one's own. Profile and application go on from `newcomer`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browsers import Server, served, too_wide
from tests.factories import world
from tests.factories.texted import code_in, one_time_password

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NOW = "2026-11-11T07:20:00+03:00"
PHONE = {"width": 360, "height": 740}
OWN = "mango ndizi embe"
REGISTERED = "254712000001"


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: Any) -> Iterator[Server]:
    """The launcher on the test world; messages stay in the outbox, where they are read."""
    folder = tmp_path_factory.mktemp("officers")
    with clone_database("officers") as urls, served(urls, folder, NOW=NOW) as server:
        yield server


@pytest.fixture(scope="module")
def outbox(browser: Any, portal: Server) -> Iterator[Outbox]:
    """The administrator's page of the outbox, open beside the officers' telephones."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, portal, "admin", world.PASSWORD)
    yield Outbox(page, portal)
    context.close()


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A telephone that runs no script."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


@dataclass(frozen=True)
class Outbox:
    """The messages to a number, read as the administrator reads them."""

    page: Any
    portal: Server

    def last_to(self, mobile: str) -> str:
        """The words of the newest message to the number."""
        self.page.goto(f"{self.portal.url}/messages/outbox/?_flt_0_quick={mobile}")
        found = re.search(r"Sajili: [^\n]+", self.page.inner_text("main"))
        assert found, self.page.inner_text("main")
        return found[0]


def sign_in(page: Any, portal: Server, username: str, password: str) -> None:
    page.goto(f"{portal.url}/login/")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def ask_for_account(page: Any, portal: Server, typed: str, again: str | None = None) -> str:
    """Fills in the page of a new account from the sign-in page on; the page that follows."""
    page.goto(f"{portal.url}/login/")
    page.click("text=Create an account")
    page.fill("#mobile", typed)
    page.fill("#again", again or typed)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    return str(page.inner_text("main"))


def newcomer(page: Any, portal: Server, outbox: Outbox, mobile: str) -> None:
    """From a number nobody has to the officer's home: account, message, sign-in, own password."""
    said = ask_for_account(page, portal, f"0{mobile[3:]}")
    assert f"A message is on its way to {mobile}" in said
    password = one_time_password(outbox.last_to(mobile))
    sign_in(page, portal, f"0{mobile[3:]}", password)
    page.wait_for_url(re.compile("/account/password/$"))
    page.fill("#new_password", OWN)
    page.fill("#again", OWN)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    page.wait_for_url(f"{portal.url}/me/")


def test_from_a_number_to_the_officer_s_home(phone: Any, portal: Server, outbox: Outbox) -> None:
    newcomer(phone, portal, outbox, "254711000111")
    phone.goto(f"{portal.url}/account/")
    assert "254711000111" in phone.inner_text("main")


def test_registered_number_reads_the_same_page_and_another_message(
    phone: Any, portal: Server, outbox: Outbox
) -> None:
    new = ask_for_account(phone, portal, "0711 000 222")
    known = ask_for_account(phone, portal, "0712 000 001")
    assert new.replace("254711000222", "N") == known.replace(REGISTERED, "N")
    assert "has an account already" in outbox.last_to(REGISTERED)
    sign_in(phone, portal, REGISTERED, world.PASSWORD)
    phone.wait_for_url(f"{portal.url}/me/")


def test_mistyped_number_is_kept_and_said(phone: Any, portal: Server) -> None:
    said = ask_for_account(phone, portal, "0711 000 333", "0711 000 334")
    assert "The two numbers are not the same." in said
    assert phone.input_value("#mobile") == "0711 000 333"
    assert phone.input_value("#again") == "0711 000 334"


def test_forgotten_password_comes_back_by_a_code(
    phone: Any, portal: Server, outbox: Outbox
) -> None:
    newcomer(phone, portal, outbox, "254711000444")
    phone.context.clear_cookies()
    phone.goto(f"{portal.url}/login/")
    phone.click("text=I forgot my password")
    phone.fill("#mobile", "0711000444")
    phone.click("main button[type=submit]")
    phone.wait_for_selector("#code")
    phone.fill("#code", code_in(outbox.last_to("254711000444")))
    phone.fill("#new_password", "kiatu meza dirisha")
    phone.fill("#again", "kiatu meza dirisha")
    phone.click("main button[type=submit]")
    phone.wait_for_url("**/me/")
    assert "Your password is changed." in phone.inner_text("main")


def test_number_changes_with_a_code_from_each_telephone(
    phone: Any, portal: Server, outbox: Outbox
) -> None:
    newcomer(phone, portal, outbox, "254711000555")
    phone.goto(f"{portal.url}/account/")
    phone.click("text=Change my number")
    phone.fill("#new_mobile", "0711 000 666")
    phone.fill("#again", "+254 711 000 666")
    phone.click("main button[type=submit]")
    phone.wait_for_selector("#old_code")
    phone.fill("#new_code", code_in(outbox.last_to("254711000666")))
    phone.fill("#old_code", code_in(outbox.last_to("254711000555")))
    phone.click("main button[type=submit]")
    phone.wait_for_url("**/account/")
    assert "254711000666" in phone.inner_text("main")


@pytest.mark.parametrize(
    "address",
    ["/login/", "/account/create/", "/account/forgot/", "/account/number/lost/"],
)
@pytest.mark.parametrize("language", ["en", "sw"])
def test_pages_fit_a_telephone_and_weigh_little(
    browser: Any, portal: Server, address: str, language: str
) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{portal.url}/lang/{language}")
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
    page.goto(f"{portal.url}{address}")
    assert too_wide(page) <= 1
    assert sum(sizes) < 60_000
    heights = page.locator("main input:visible, main button:visible").evaluate_all(
        "all => Math.min(...all.filter(one => one.type != 'checkbox')"
        ".map(one => one.getBoundingClientRect().height))"
    )
    assert heights >= 44
    context.close()
