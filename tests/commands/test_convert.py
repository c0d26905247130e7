"""Segmentations from one form into another, from the command line."""

import itertools
import zipfile
from pathlib import Path

import pydicom
import pytest

from core.__main__ import main
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series

FORMS = {"seg": "dcm", "labelmap": "dcm", "rtstruct": "dcm", "nifti": "nii.gz"}


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[SeriesSummary, list[SegmentMasks], Path]:
    """An oblique series, segments on it, and their segmentation."""
    write_series(tmp_path / "series", PLACEMENTS[4], rows=32)
    (summary,) = find_series(tmp_path / "series")
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "drawn.dcm")
    return summary, segments, tmp_path


def convert(folder: Path, source: str, target: str, *options: str) -> int:
    return main(
        ["convert", str(folder / "series"), str(folder / source), str(folder / target), *options]
    )


def test_every_form_turns_into_every_other_and_back(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, folder = drawn
    for form, ending in FORMS.items():
        assert convert(folder, "drawn.dcm", f"first-{form}.{ending}", "--to", form) == 0
    for (first, begins), (second, ends) in itertools.permutations(FORMS.items(), 2):
        source, target = f"first-{first}.{begins}", f"second-{first}-{second}.{ends}"
        assert convert(folder, source, target, "--to", second) == 0
        assert convert(folder, target, "back.dcm") == 0
        for one, other in zip(
            segments, read_segmentation(folder / "back.dcm", summary), strict=True
        ):
            assert_same_masks(one.masks, other.masks)
            assert one.segment.label == other.segment.label


def test_encodings_and_numbers_can_be_chosen(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    _, _, folder = drawn
    options = ("--to", "labelmap", "--compression", "deflated", "--instance-number", "7")
    assert convert(folder, "drawn.dcm", "out.dcm", *options) == 0
    dataset = pydicom.dcmread(folder / "out.dcm")
    assert dataset.SegmentationType == "LABELMAP" and dataset.InstanceNumber == 7
    assert dataset.file_meta.TransferSyntaxUID.is_deflated


def test_tables_and_pictures_are_written_by_their_endings(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    _, _, folder = drawn
    assert convert(folder, "drawn.dcm", "out.csv") == 0
    assert "volume_ml" in (folder / "out.csv").read_text("utf-8-sig")
    assert convert(folder, "drawn.dcm", "out.zip") == 0
    with zipfile.ZipFile(folder / "out.zip") as archive:
        assert "segment-2/0009.png" in archive.namelist()


def test_de_identified_copies_hold_images_and_segmentation(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, segments, folder = drawn
    monkeypatch.setenv("SLICEWISE_HOME", str(folder / "home"))
    for dates in ("remove", "shift"):
        options = ("--to", "deidentified", "--dates", dates)
        assert convert(folder, "drawn.dcm", f"{dates}.zip", *options) == 0
        with zipfile.ZipFile(folder / f"{dates}.zip") as archive:
            archive.extractall(folder / dates)
        (found,) = find_series(folder / dates / "images")
        assert found.patient_id != summary.patient_id
        (back, _) = read_segmentation(folder / dates / "segmentation.dcm", found)
        assert_same_masks(segments[0].masks, back.masks)
    # The same home gives the same names.
    first, second = (find_series(folder / one)[0].uid for one in ("remove", "shift"))
    assert first == second


def test_pictures_that_may_name_the_patient_are_warned_of(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = shared_data / "dicom" / "odd" / "US1_UNCR.dcm"
    (summary,) = find_series(image)
    write_segmentation(summary, make_segments(summary)[:1], tmp_path / "drawn.dcm")
    out = tmp_path / "out.zip"
    assert main(["convert", str(image), str(tmp_path / "drawn.dcm"), str(out)]) == 0
    assert "burned" in capsys.readouterr().err


def test_what_cannot_be_converted_is_one_line_and_leaves_no_file(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, folder = drawn
    (folder / "broken.nii").write_bytes(b"nothing")
    before = sorted(folder.iterdir())
    for source, target, options, message in (
        ("missing.dcm", "out.dcm", (), "cannot be opened"),
        ("broken.nii", "out.dcm", (), "not a NIfTI"),
        ("drawn.dcm", "out", (), "add --to"),
        ("drawn.dcm", "drawn.dcm", (), "read or written already"),
        ("drawn.dcm", "nowhere/out.dcm", (), "is not a folder"),
        ("drawn.dcm", "out.dcm", ("--series", "1.2.3"), "holds no series"),
        ("drawn.dcm", "out.img", ("--to", "nifti"), "must end in .nii"),
    ):
        assert convert(folder, source, target, *options) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and message in err
    assert sorted(folder.iterdir()) == before


def test_segmentations_of_others_are_converted(shared_data: Path, tmp_path: Path) -> None:
    series = shared_data / "dicom" / "dcmqi_ct3slice"
    (summary,) = find_series(series)
    source = shared_data / "dicom" / "dcmqi_seg" / "liver.dcm"
    assert main(["convert", str(series), str(source), str(tmp_path / "liver.nii.gz")]) == 0
    back = tmp_path / "back.dcm"
    assert main(["convert", str(series), str(tmp_path / "liver.nii.gz"), str(back)]) == 0
    (theirs,) = read_segmentation(source, summary)
    (ours,) = read_segmentation(back, summary)
    assert_same_masks(theirs.masks, ours.masks)


@pytest.mark.parametrize("number", ["0", "-5", "2147483648", "seven"])
def test_numbers_that_no_instance_can_have_are_refused(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path],
    capsys: pytest.CaptureFixture[str],
    number: str,
) -> None:
    _, _, folder = drawn
    with pytest.raises(SystemExit):
        convert(folder, "drawn.dcm", "out.dcm", "--instance-number", number)
    assert f"got {number}; expected a whole number, 1 to 2147483647" in capsys.readouterr().err


def test_a_name_that_stands_for_another_form_is_refused(
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, folder = drawn
    for name, form, ending in (
        ("out.nii.gz", "seg", ".dcm"),
        ("out.dcm", "csv", ".csv"),
        ("out.csv", "nifti", ".nii.gz"),
        ("out.zip", "rtstruct", ".dcm"),
    ):
        assert convert(folder, "drawn.dcm", name, "--to", form) == 2
        said = capsys.readouterr().err
        assert f"another form than {form}" in said and said.endswith(f"{ending}.\n")
        assert not (folder / name).exists()
