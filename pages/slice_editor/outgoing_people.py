"""How the editor in the browser learns of other people: where it asks, and what it has seen."""

from core.annotation.records import StoreError
from core.annotation.revision import revision
from core.projects.records import AccessRefused
from pages.server.people_here import PEOPLE_ADDRESS, NotSeen, OpenEditor, people_here
from pages.server.tabs import this_tab
from pages.session.work import Work


def people_message(work: Work, editor: str) -> dict[str, str | None]:
    """Announce the editor of a tab, and name the annotation's revision.

    Parameters
    ----------
    work : Work
        Series being worked on.
    editor : str
        Name of the editor that only its tab knows.

    Returns
    -------
    dict
        The revision is read before what the message sends: whatever comes later differs from it.
    """
    store, key = work.store, work.annotation_key

    def newest() -> str | None:
        try:
            return ".".join(map(str, revision(store, key)))
        except AccessRefused:
            raise NotSeen from None
        except StoreError:
            return None  # the page says it; whoever only looks need not

    people_here().arrive(editor, OpenEditor(this_tab(), work.person, key, newest))
    try:
        return {"address": PEOPLE_ADDRESS, "editor": editor, "revision": newest()}
    except NotSeen:
        raise AccessRefused from None
