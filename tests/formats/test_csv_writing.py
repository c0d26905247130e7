import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.csv_writing import COLUMNS, TOTAL, write_measurements
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import Placement, write_series


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def summary(tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", Placement("flat", pixel_spacing=(0.5, 1.25), step=6.0))
    return find_series(tmp_path / "series")[0]


def test_areas_and_volumes_are_those_of_the_pixels(summary: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(summary)
    write_measurements(summary, segments, tmp_path / "table.csv")
    rows = table(tmp_path / "table.csv")
    assert tuple(rows[0]) == COLUMNS
    for one in segments:
        own = [row for row in rows if row["segment"] == str(one.segment.number)]
        assert {row["label"] for row in own} == {one.segment.label}
        *slices, total = own
        assert [int(row["slice"]) - 1 for row in slices] == sorted(one.masks)
        for row in slices:
            mask = one.masks[int(row["slice"]) - 1]
            assert float(row["area_mm2"]) == pytest.approx(mask.sum() * 0.5 * 1.25, abs=1e-3)
        assert total["slice"] == TOTAL
        pixels = sum(mask.sum() for mask in one.masks.values())
        assert float(total["volume_ml"]) == pytest.approx(pixels * 0.5 * 1.25 * 6 / 1000, abs=1e-5)
    positions = [float(row["position_mm"]) for row in rows if row["position_mm"]]
    assert max(positions) - min(positions) == pytest.approx(8 * 6)


def test_pixels_of_unknown_size_are_only_counted(shared_data: Path, tmp_path: Path) -> None:
    (summary,) = find_series(shared_data / "dicom" / "odd" / "US1_UNCR.dcm")
    write_measurements(summary, make_segments(summary)[:1], tmp_path / "table.csv")
    row = table(tmp_path / "table.csv")[0]
    assert int(row["pixels"]) > 0 and row["area_mm2"] == row["volume_ml"] == ""


@pytest.mark.parametrize("thickness", [None, 4])
def test_a_single_slice_has_a_volume_only_where_it_says_how_thick_it_is(
    tmp_path: Path, thickness: int | None
) -> None:
    write_series(tmp_path / "series", Placement("one"), slices=1, SliceThickness=thickness)
    (summary,) = find_series(tmp_path / "series")
    one = make_segments(summary)[0]
    mask = np.zeros((summary.rows, summary.columns), bool)
    mask[3:8, 4:9] = True
    write_measurements(summary, [replace(one, masks={0: mask})], tmp_path / "table.csv")
    row, total = table(tmp_path / "table.csv")
    assert float(row["area_mm2"]) == pytest.approx(25 * 0.75 * 0.75, abs=1e-3)
    expected = "" if thickness is None else f"{25 * 0.75 * 0.75 * 4 / 1000:.6f}"
    assert row["volume_ml"] == total["volume_ml"] == expected


def test_labels_are_no_formulas(summary: SeriesSummary, tmp_path: Path) -> None:
    one = make_segments(summary)[0]
    formula = replace(one, segment=replace(one.segment, label="=1+1"))
    write_measurements(summary, [formula], tmp_path / "table.csv")
    assert table(tmp_path / "table.csv")[0]["label"] == "'=1+1"


def test_nothing_is_refused(summary: SeriesSummary, tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="no segment to export"):
        write_measurements(summary, [], tmp_path / "table.csv")
