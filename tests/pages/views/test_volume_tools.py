"""What the volume tools say of what they would change."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.annotation.records import MaskChange, SliceAnnotation
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.geometry import Geometry
from core.dicom.reading import find_series
from core.dicom.slice_names import slice_names
from core.home.opened_series import remember_series
from core.home.settings import default_url
from pages.views.volume_tools import changes_text
from tests.support.pages import PERSON, OpenPage, press
from tests.support.segments import LIVER_SEGMENT
from tests.support.synthetic_series import PLACEMENTS, write_series

X, Y, Z = np.eye(3)


def said(slices: int, **known: Any) -> str:
    """On the last slice, 12 pixels of 0.5 × 0.8 mm take the place of 4 others."""
    positions = np.arange(slices)[:, None] * 5 * Z
    geometry = Geometry(X, Y, positions, (0.5, 0.8), 8, 8, **known)
    before, after = np.zeros((2, 8, 8), bool)
    before[0, :4], after[4:7, :4] = True, True
    last = slices - 1
    state = SliceState.PROPOSED
    own = {last: SliceAnnotation(1, last, (8, 8), state, 1, encode_runs(before), 4)}
    return changes_text(own, [MaskChange(1, last, after, state, 1)], geometry)


@pytest.mark.parametrize(
    ("slices", "known", "amount"),
    [
        (3, {}, "+0.024 ml and −0.008 ml"),
        (3, {"has_thickness": False}, "+0.024 ml and −0.008 ml"),
        (1, {"slice_thickness": 5.0}, "+0.024 ml and −0.008 ml"),
        (1, {"has_thickness": False}, "+4.8 mm² and −1.6 mm²"),
        (1, {"in_patient": False}, "+4.8 mm² and −1.6 mm²"),
        (
            3,
            {"in_patient": False},
            "the distance between slices is not known and counts as 1 mm",
        ),
        (
            1,
            {"in_patient": False, "has_pixel_size": False},
            "sizes are not known, a pixel counts as 1 mm",
        ),
    ],
)
def test_how_much_would_change_is_told_as_far_as_sizes_are_known(
    slices: int, known: dict[str, Any], amount: str
) -> None:
    assert said(slices, **known) == f"1 slice would change (slice {slices}): {amount}."


@pytest.mark.parametrize(("thickness", "unit"), [(5, "mm³"), (None, "mm²")])
def test_islands_of_a_slice_of_unknown_thickness_are_removed_by_their_area(
    home: Path, open_page: OpenPage, thickness: int | None, unit: str
) -> None:
    write_series(home / "images", PLACEMENTS[0], slices=1, SliceThickness=thickness)
    (summary,) = find_series(home / "images")
    store = AnnotationStore(default_url(home))
    store.open_annotation(summary.uid, slice_names(summary), summary.rows, summary.columns)
    store.save_segment(summary.uid, LIVER_SEGMENT, PERSON)
    key = remember_series(home, summary.uid, home / "images").key
    app = press(open_page("annotate", series=key), "Volume tools")
    app.selectbox(key="volume-operation").select("Remove islands").run()
    assert f"Smaller than ({unit})" in [one.label for one in app.number_input]
