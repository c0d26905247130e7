"""A small series with two segments, for tests of segmentations."""

from pathlib import Path

import pytest

from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.fixture
def small(tmp_path: Path) -> tuple[SeriesSummary, list[SegmentMasks], Path]:
    """A small series, two segments on it, and where to write."""
    write_series(tmp_path / "series", PLACEMENTS[0], rows=32)
    (summary,) = find_series(tmp_path / "series")
    return summary, make_segments(summary), tmp_path / "out" / "seg.dcm"
