"""What commands say of a series and of the files that they write of it."""

from pathlib import Path

import pytest

from core.__main__ import main
from core.dicom.reading import find_series
from core.formats.segmentation_writing import write_segmentation
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series


def test_a_made_up_thickness_of_a_segmentation_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, drawn, output = tmp_path / "series", tmp_path / "drawn.dcm", tmp_path / "out.dcm"
    write_series(folder, PLACEMENTS[0], slices=1, SliceThickness=None)
    (summary,) = find_series(folder)
    write_segmentation(summary, make_segments(summary), drawn)
    written = ["--output", str(output), "--method", "interpolation"]
    assert main(["propose", str(folder), "--examples", str(drawn), *written]) == 0
    assert "their 1 mm is made up" in capsys.readouterr().err
    assert main(["convert", str(folder), str(drawn), str(output), "--to", "seg"]) == 0
    assert "their 1 mm is made up" in capsys.readouterr().err
