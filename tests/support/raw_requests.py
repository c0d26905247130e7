"""Requests over a bare socket, with exactly the headers that a test wants."""

import base64
import os
import socket
from dataclasses import dataclass

WITHIN_S = 60


@dataclass(frozen=True)
class Answer:
    """Status of an answer, its headers in small letters, and what has come of the rest."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    port: int, path: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b""
) -> Answer:
    """Send one request to 127.0.0.1 and read the whole answer; nothing is added to its headers."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    lines += ["Connection: close", f"Content-Length: {len(body)}", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + body)
        received = b""
        while part := connection.recv(65536):
            received += part
    return _parsed(received)


def open_websocket(port: int, path: str, *headers: tuple[str, str]) -> Answer:
    """Ask 127.0.0.1 for a websocket, and hang up; status 101 means that it was opened."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    lines += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: streamlit", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        received = b""
        while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
            received += part
    return _parsed(received)


def _parsed(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    return Answer(int(first.split()[1]), headers, body)
