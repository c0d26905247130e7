"""A series put into a project the way the pages do, and another project of other people."""

from dataclasses import dataclass
from pathlib import Path

from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.dicom.slice_names import slice_names
from core.home.opened_series import OpenedSeries, remember_series
from core.projects.members import set_roles
from core.projects.projects import create_project
from core.projects.records import Role, WorkItem
from core.projects.work_items import SeriesToAdd, add_series

OTHER = "rita"
"""Who administers, annotates and reviews beside whoever uses the pages."""


@dataclass(frozen=True)
class ProjectSeries:
    """A series in a project."""

    project_key: str
    opened: OpenedSeries
    item: WorkItem

    @property
    def query(self) -> dict[str, str]:
        """Of the address that opens it."""
        return {"series": self.opened.key, "annotation": self.item.annotation_key}


def series_in_project(
    home: Path,
    store: AnnotationStore,
    summary: SeriesSummary,
    source: Path,
    roles: dict[str, set[Role]],
    name: str = "Livers",
    share: float = 0.0,
) -> ProjectSeries:
    """Make a project of `OTHER` and the members named, and put a series into it."""
    key = create_project(store, name, OTHER, second_reading_share=share).key
    for person, some in roles.items():
        set_roles(store, key, person, some, OTHER)
    opened = remember_series(home, summary.uid, source, project_key=key)
    return ProjectSeries(
        key, opened, add_series(store, key, series_to_add(opened, summary), OTHER)[0]
    )


def series_to_add(
    opened: OpenedSeries, summary: SeriesSummary, title: str = "CT abdomen"
) -> SeriesToAdd:
    """A series as it is put into a project; the name that it was opened by is its UID."""
    return SeriesToAdd(
        series_uid=opened.uid,
        opened_key=opened.key,
        title=title,
        sop_instance_uids=slice_names(summary),
        rows=summary.rows,
        columns=summary.columns,
        spacing_mm=summary.geometry.spacing,
    )
