"""Messages that ask for a change: a message sent twice is carried out once."""

import hashlib
from typing import Any

from sqlalchemy import Connection

from core.annotation import history
from core.annotation.records import MessageKey, MessageReused, StoreError
from core.annotation.text_checks import check_client


def message_key(message: tuple[str, int] | None) -> MessageKey | None:
    """Key of a message given as client and sequence number.

    Raises
    ------
    StoreError
        If the client's name is blank or too long, or the number is negative or too large.
    """
    if message is None:
        return None
    client, sequence = message
    check_client(client)
    if not 0 <= sequence < 2**63:
        raise StoreError("A sequence number is a whole number from 0.")
    return MessageKey(client, sequence)


def message_digest(kind: str, *parts: Any) -> str:
    """SHA-256 of what a message asks for, as hexadecimal digits."""
    return hashlib.sha256(repr((kind, *parts)).encode()).hexdigest()


def earlier_step(connection: Connection, message: MessageKey | None, digest: str) -> int | None:
    """Id of the step that an earlier copy of a message made; None where there was none.

    Raises
    ------
    MessageReused
        If the earlier message with this key asked for something else.
    """
    step = history.step_of_message(connection, message) if message is not None else None
    if step is None:
        return None
    if step.message_digest != digest:
        raise MessageReused(
            "A message came with the number of an earlier, different one; reload the page."
        )
    return step.id
