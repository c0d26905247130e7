"""Checks of the texts that go into the store, as long as its columns are wide."""

from core.annotation.records import StoreError

_LONGEST_NAME = 200  # of a person or of weights
_LONGEST_ACTION = 100  # of an action or tool
_LONGEST_CLIENT = 64


def check_person(person: str) -> None:
    """Raise StoreError unless the name of a person has between 1 and 200 characters."""
    _check(person, "The name of a person", _LONGEST_NAME)


def check_tool(tool: str) -> None:
    """Raise StoreError unless the name of a tool has between 1 and 100 characters."""
    _check(tool, "The name of a tool", _LONGEST_ACTION)


def check_action(action: str) -> None:
    """Raise StoreError unless the name of an action has between 1 and 100 characters."""
    _check(action, "The name of an action", _LONGEST_ACTION)


def check_weights(weights: str) -> None:
    """Raise StoreError unless the name of weights has between 1 and 200 characters."""
    _check(weights, "The name of the weights", _LONGEST_NAME)


def check_client(client: str) -> None:
    """Raise StoreError unless the name of a client has between 1 and 64 characters."""
    _check(client, "The name of a client", _LONGEST_CLIENT)


def _check(text: str, what: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        raise StoreError(f"{what} has between 1 and {longest} characters.")
