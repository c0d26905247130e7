"""Ports for servers that tests start."""

import random
import socket
from typing import Final

_RANGE: Final = range(20_000, 32_768)
"""Below what Linux takes for outgoing connections, and above what Ray takes for its workers: a port
of these is still free when a server that takes its time to start listens on it."""

# Not seeded: runs side by side must not choose the same.
_random = random.Random()
_given: set[int] = set()


def free_port() -> int:
    """Port of this machine that nobody listens on, another one every time."""
    while True:
        port = _random.choice(_RANGE)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def free_ports(count: int) -> list[int]:
    """Several ports, all different."""
    return [free_port() for _ in range(count)]
