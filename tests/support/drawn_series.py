"""A short series to draw on, on a running server."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from core.annotation.actions import save_drawing
from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series
from core.home.opened_series import remember_series
from core.home.settings import default_url
from tests.support.app_server import Server
from tests.support.pages import PERSON
from tests.support.segments import LIVER_SEGMENT


@dataclass(frozen=True)
class DrawnSeries:
    """A short series with one segment, known to a server.

    Attributes
    ----------
    server : Server
        Which serves it.
    key : str
        Names it in addresses.
    uid : str
        As the store knows it.
    store : AnnotationStore
        Of the server, opened beside it.
    folder : pathlib.Path
        Its files.
    """

    server: Server
    key: str
    uid: str
    store: AnnotationStore
    folder: Path

    def address(self, page: str = "annotate", port: int | None = None) -> str:
        """Address of a page with this series; by way of another port if one is given."""
        return f"http://127.0.0.1:{port or self.server.port}/{page}?series={self.key}"

    def mask(self, number: int) -> NDArray[np.bool_]:
        """Stored mask of a slice, counted from 1."""
        return self.store.slice(self.uid, 1, number - 1).mask

    def draw_on(self, number: int, segment: int = 1) -> None:
        """Store a drawing on a slice, counted from 1."""
        mask = np.zeros_like(self.mask(number))
        mask[100:130, 100:130] = True
        save_drawing(self.store, self.uid, segment, number - 1, mask, person=PERSON, tool="brush")


def new_home(folder: Path) -> Path:
    """Folder for a server that knows the person."""
    home = folder / "home"
    home.mkdir()
    (home / "person.json").write_text(json.dumps({"person": PERSON}))
    return home


def add_series(server: Server, files: list[Path], name: str) -> DrawnSeries:
    """Give a server a copy of some slices as a series of its own, with one segment."""
    folder = server.home / "series" / name
    folder.mkdir(parents=True)
    uid = generate_uid()
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / path.name)
    summary = find_series(folder)[0]
    store = AnnotationStore(server.database or default_url(server.home))
    store.open_annotation(
        summary.uid,
        [record.sop_instance_uid for record in summary.records],
        summary.rows,
        summary.columns,
    )
    store.save_segment(summary.uid, LIVER_SEGMENT, PERSON)
    opened = remember_series(server.home, summary.uid, folder)
    return DrawnSeries(server, opened.key, summary.uid, store, folder)
