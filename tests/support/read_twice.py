"""A series that two people read, in a project of its own."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, MaskChange
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.dicom.slice_names import slice_names
from core.home.opened_series import OpenedSeries, remember_series
from core.home.settings import default_url
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.projects import create_project
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import Role, WorkItem, WorkState
from core.projects.work_items import SeriesToAdd, add_series
from tests.support.app_server import Server

ADMINISTRATOR = "ada@example.org"
READERS = ("anna@example.org", "ben@example.org")


@dataclass(frozen=True)
class SeriesReadTwice:
    """A series with two readings.

    Attributes
    ----------
    project_key : str
        Its project, of `ADMINISTRATOR`.
    opened : OpenedSeries
        Names the series in addresses.
    summary : SeriesSummary
        Of the series.
    store : AnnotationStore
        In which it is.
    first, second : WorkItem
        Its readings, as they were before anybody had begun.
    """

    project_key: str
    opened: OpenedSeries
    summary: SeriesSummary
    store: AnnotationStore
    first: WorkItem
    second: WorkItem

    def query(self, annotation_key: str) -> dict[str, str]:
        """Of the address of one of its readings."""
        return {"series": self.opened.key, "annotation": annotation_key}

    def submit(self) -> None:
        """Have both draw a disk on slices 3 to 8, the same on slices 3 and 4, and submit."""
        for item, person, further in zip((self.first, self.second), READERS, (0, 6), strict=True):
            key = item.annotation_key
            move(self.store, key, WorkState.IN_PROGRESS, person)
            radii = {index: 30 + (further if index > 3 else 0) for index in range(2, 8)}
            changes = [
                MaskChange(1, index, self._disk(radius), SliceState.DRAWN, 0)
                for index, radius in radii.items()
            ]
            self.store.put_many(key, changes, person, "brush", "brush")
            move(self.store, key, WorkState.TO_REVIEW, person)

    def _disk(self, radius: int) -> NDArray[np.bool_]:
        rows, columns = np.ogrid[: self.summary.rows, : self.summary.columns]
        return np.asarray((rows - 110) ** 2 + (columns - 95) ** 2 < radius**2)


def put_read_twice(
    home: Path,
    store: AnnotationStore,
    source: Path,
    roles: dict[str, set[Role]],
    name: str = "Livers",
) -> SeriesReadTwice:
    """Put a series into a new project in which all are read twice, by `READERS` and by others.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    store : AnnotationStore
        In it.
    source : pathlib.Path
        Folder with the series.
    roles : dict
        Further members of the project.
    name : str
        Of the project.
    """
    summary = find_series(source)[0]
    project_key = create_project(store, name, ADMINISTRATOR, second_reading_share=1.0).key
    for person, some in ({one: {Role.ANNOTATE} for one in READERS} | roles).items():
        set_roles(store, project_key, person, some, ADMINISTRATOR)
    liver = read_protocol_segments(b"label\nLiver\n")
    set_protocol(store, project_key, liver, "", ADMINISTRATOR)
    opened = remember_series(home, summary.uid, source, project_key=project_key)
    to_add = SeriesToAdd(
        series_uid=summary.uid,
        opened_key=opened.key,
        title="CT abdomen",
        sop_instance_uids=slice_names(summary),
        rows=summary.rows,
        columns=summary.columns,
        spacing_mm=(summary.slice_spacing, *summary.pixel_spacing),
    )
    first, second = add_series(store, project_key, to_add, ADMINISTRATOR)
    return SeriesReadTwice(project_key, opened, summary, store, first, second)


def serve_read_twice(
    server: Server, files: list[Path], roles: dict[str, set[Role]], name: str = "twice"
) -> SeriesReadTwice:
    """Give a server a copy of some slices, in a project of its own in which all are read twice."""
    folder = server.home / "series" / name
    folder.mkdir(parents=True)
    uid = generate_uid()
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / path.name)
    store = AnnotationStore(default_url(server.home))
    return put_read_twice(server.home, store, folder, roles, name)
