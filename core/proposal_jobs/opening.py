"""Opening the backend that the settings name."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.home.settings import Settings
from core.home.temporary_files import temporary_folder
from core.proposal_jobs.backend import Place, ProposalBackend
from core.proposal_jobs.in_process import InProcess
from core.proposal_jobs.processes import WorkerProcesses
from core.proposal_jobs.service import ProposalService
from core.proposal_jobs.turns import Turns

if TYPE_CHECKING:
    from core.network.engine import Engine


_AT_THE_SERVICE = 64
"""Jobs that are handed to a service at once; it has turns for them of its own."""


def open_backend(settings: Settings, load: "Callable[[], Engine]") -> ProposalBackend:
    """Open the backend for proposals.

    Parameters
    ----------
    settings : Settings
        Name it in `proposals`.
    load : callable
        Returns the network, the same one every time; called where this process computes.

    Returns
    -------
    ProposalBackend
        To be closed by whoever opened it, or by `core.proposal_jobs.backend.drain`.
    """
    wanted = settings.proposals
    if wanted.kind == "processes":
        place: Place = WorkerProcesses(
            wanted.processes, settings.weights, settings.device, temporary_folder(settings.home)
        )
        return ProposalBackend(place, Turns(wanted.processes))
    here = ProposalBackend(InProcess(load), Turns())
    if wanted.kind == "service":
        assert settings.proposals_token is not None, "the settings were checked"
        token = settings.proposals_token.get_secret_value()
        fallback = here if settings.proposals_fallback else None
        return ProposalBackend(
            ProposalService(wanted.address, token, fallback), Turns(_AT_THE_SERVICE)
        )
    return here
