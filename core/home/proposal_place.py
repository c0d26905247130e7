"""Where proposals are computed, as SLICEWISE_PROPOSALS and `--backend` name it."""

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

_SERVICE = "ray+"
_USUAL_PROCESSES = 2
_MOST_PROCESSES = 64


@dataclass(frozen=True)
class ProposalPlace:
    """Where proposals are computed.

    Attributes
    ----------
    kind : {"in-process", "processes", "service"}
        In threads of this process, in worker processes of this machine, or by a service.
    processes : int
        How many worker processes.
    address : str
        Of the service: http:// or https://, without a slash at the end.
    """

    kind: Literal["in-process", "processes", "service"]
    processes: int = 0
    address: str = ""

    @property
    def description(self) -> str:
        """What it is, in a few words for a person."""
        if self.kind == "processes":
            return f"{self.processes} worker {'process' if self.processes == 1 else 'processes'}"
        return "a proposal service" if self.kind == "service" else "this process"


IN_PROCESS = ProposalPlace("in-process")


def proposal_place(value: object) -> ProposalPlace:
    """Read what is set.

    Parameters
    ----------
    value : str or ProposalPlace
        ``in-process``, ``processes``, ``processes:N``, or ``ray+`` and the address of a service.

    Raises
    ------
    ValueError
        If it is nothing of these, or a service on another machine is named without encryption.
    """
    if isinstance(value, ProposalPlace):
        return value
    kind, _, rest = str(value).partition(":")
    if value == "in-process":
        return IN_PROCESS
    if kind == "processes":
        count = int(rest) if rest else _USUAL_PROCESSES
        if str(value).endswith(":") or not 1 <= count <= _MOST_PROCESSES:
            raise ValueError(value)
        return ProposalPlace("processes", processes=count)
    if kind.startswith(_SERVICE):
        return ProposalPlace("service", address=_address(str(value).removeprefix(_SERVICE)))
    raise ValueError(value)


def _address(text: str) -> str:
    parts = urlsplit(text)
    is_encrypted = parts.scheme == "https"
    plain = parts.scheme == "http" and _is_this_machine(parts.hostname or "")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(text)
    if not (is_encrypted or plain):
        raise ValueError(text)
    _ = parts.port  # raises where it is no port
    return text.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
