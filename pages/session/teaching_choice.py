"""What the person chose of how earlier series teach the one that is open."""

from core.home.teaching_choices import TeachingChoice, recall_teaching, remember_teaching
from pages.session.work import Work


def teaching_choice(work: Work) -> TeachingChoice:
    """What the person chose for the project of this series, or for series outside projects."""
    return recall_teaching(work.entrance.settings.home, work.person, project_key_of(work))


def choose_teaching(work: Work, choice: TeachingChoice) -> None:
    """Keep the person's choice."""
    remember_teaching(work.entrance.settings.home, work.person, project_key_of(work), choice)


def project_key_of(work: Work) -> str:
    """Key of the project that the series is read in; blank outside projects."""
    return work.item.project_key if work.item is not None else ""
