"""What one asker's address is counted as: whoever has an address of IPv6 has a whole /64 of them.

The edge in nginx follows the same rule (deploy/edge-nginx/edge.lua), and nginx before the portal
too (deploy/nginx.conf): one table of tests, tests/factories/networks.py.
"""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

__all__ = ["network_of"]

_MAPPED = bytes(10) + b"\xff\xff"
_REST = bytes(8)


def network_of(address: str) -> str:
    """An address of IPv4 as it is, of IPv6 its /64 (`2001:db8:0:7::`); IPv4 that is written as IPv6
    is IPv4. Whatever is no address is "unknown"."""
    try:
        packed = inet_pton(AF_INET6 if ":" in address else AF_INET, address)
    except (OSError, ValueError):
        return "unknown"
    if len(packed) == 4:
        return address
    if packed[:12] == _MAPPED:
        return inet_ntop(AF_INET, packed[12:])
    return inet_ntop(AF_INET6, packed[:8] + _REST)
