"""Which hosts a tool may ask, and which addresses they may have."""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit

import anyio

from tactus.errors import ToolError

_AS_IT_IS = "%/:=&?~+!$,;'@()*[]"  # in a path and a query
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL = {"localhost": ("127.0.0.1", "::1")}


def checked(url: str, listed: Sequence[str]) -> str:
    """`url` as it may be asked.

    Raises:
        ToolError: it is no URL of the web, or its host is not `listed`.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode().rstrip(".")
        port = f":{parts.port}" if parts.port else ""
        path, query = (quote(part, safe=_AS_IT_IS) for part in (parts.path or "/", parts.query))
    except ValueError:
        raise ToolError(f"{url!r} is no URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ToolError(f"{url!r} is no URL of the web", hint="Begin it with https://.")
    if parts.username is not None or parts.password is not None:
        raise ToolError("a URL with a user or a password is not asked")
    if not _is_listed(host, listed):
        raise ToolError(
            f"the host {host} is not among those that may be asked: {', '.join(listed)}",
            hint="Whoever runs this can add it to tools.http_hosts in tactus.toml.",
        )
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{shown}{port}", path=path, query=query, fragment="").geturl()


async def address_of(host: str, port: int, listed: Sequence[str]) -> str:
    """The address of `host` to connect to.

    One of this machine or of a private network is given only where the address itself is `listed`
    (`localhost` lists this machine's): who owns a name decides what address it has.

    Raises:
        ToolError: the name has no address, or one that may not be reached.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ToolError(f"the host {host} cannot be found") from None
    addresses = [entry[4][0] for entry in found]
    for address in addresses:
        if not (_is_public(address) or _is_granted(address, listed)):
            raise ToolError(
                f"the host {host} is at {address}, an address of a private network",
                hint=f'It may be asked if "{address}" itself stands in tools.http_hosts.',
            )
    return addresses[0]


def _is_listed(host: str, listed: Sequence[str]) -> bool:
    for entry in listed:
        name = entry.lower().rstrip(".")
        if name.startswith("*."):
            if host.lower().endswith(name[1:]):
                return True
        elif _same(name) == _same(host.lower()):
            return True
    return False


def _is_granted(address: str, listed: Sequence[str]) -> bool:
    granted = {at for entry in listed for at in _LOCAL.get(entry.lower(), (entry,))}
    return _same(address) in {_same(entry) for entry in granted}


def _same(host: str) -> str:
    """Each address in one spelling, without brackets."""
    bare = host.removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare


def _is_public(address: str) -> bool:
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):  # some are another way to write one of IPv4
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFF_FFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
