"""An asker's address is counted by its network, at every door the same."""

from __future__ import annotations

import pytest

from app.access import limits
from app.networks import network_of
from tests.factories.networks import PAIRS


@pytest.mark.parametrize(("one", "other", "is_same"), PAIRS)
def test_addresses_of_one_network_are_one_asker(one: str, other: str, is_same: bool) -> None:
    assert (network_of(one) == network_of(other)) == is_same
    assert (limits._network(one) == limits._network(other)) == is_same


def test_caller_is_an_ipv4_address_or_a_whole_ipv6_network() -> None:
    same = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    assert len({network_of(address) for address in same}) == 1
    assert network_of("2001:db8:1:3::1") != network_of(same[0])
    assert network_of("::ffff:196.201.214.200") == network_of("196.201.214.200")
    assert network_of("not an address") == "unknown"


@pytest.mark.parametrize("address", ["", "-", "10.0.0", "1:2", "::1\0", "\ud800:"])
def test_what_is_no_address_is_unknown(address: str) -> None:
    assert network_of(address) == "unknown"
