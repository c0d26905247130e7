import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from core.demo import COLUMNS, LABELS, ROWS, SLICES, demo_masks, phantom, write_demo_series
from core.dicom.reading import find_series, read_series


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo_series(tmp_path_factory.mktemp("demo") / "series")


def test_it_opens_as_one_sound_series_with_the_phantoms_values(demo: Path) -> None:
    (summary,) = find_series(demo)
    assert (summary.slices, summary.rows, summary.columns) == (SLICES, ROWS, COLUMNS)
    assert summary.problems == () and summary.patient_name == "Demonstration^Phantom"
    assert summary.geometry.spacing == (5.0, 1.5, 1.5)
    assert np.array_equal(read_series(summary).volume, phantom().volume)


def test_every_image_is_valid(demo: Path, dciodvfy: str) -> None:
    for path in sorted(demo.iterdir()):
        done = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert "Error" not in done.stdout + done.stderr
        assert "Warning" not in done.stdout + done.stderr


def test_writing_again_gives_the_same_files(demo: Path, tmp_path: Path) -> None:
    again = write_demo_series(tmp_path / "again")
    for path in demo.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()
    uids = {str(pydicom.dcmread(path).SOPInstanceUID) for path in demo.iterdir()}
    assert len(uids) == SLICES and all(pydicom.uid.UID(uid).is_valid for uid in uids)


def test_masks_do_not_overlap() -> None:
    masks = demo_masks()
    assert tuple(masks) == LABELS
    assert np.sum(list(masks.values()), axis=0).max() == 1


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [
        ("lungs", -900, -750),
        ("liver", 80, 130),
        ("spleen", 90, 140),
        ("left kidney", 130, 190),
        ("right kidney", 130, 190),
        ("aorta", 140, 200),
        ("spine", 250, 400),
    ],
)
def test_structures_have_the_density_of_their_tissue_with_texture(
    label: str, low: int, high: int
) -> None:
    values = phantom().volume[demo_masks()[label]]
    assert low < values.mean() < high
    assert 5 < values[np.abs(values - np.median(values)) < 60].std() < 25


def test_structures_lie_on_their_side_of_the_patient() -> None:
    middle = {label: np.array(ndimage.center_of_mass(mask)) for label, mask in demo_masks().items()}
    # Columns run from the patient's right to the left, rows from front to back, slices upwards.
    assert middle["liver"][2] < middle["aorta"][2] < middle["spleen"][2]
    assert middle["right kidney"][2] < middle["left kidney"][2]
    assert middle["aorta"][1] < middle["spine"][1]
    assert middle["left kidney"][0] < middle["lungs"][0]


@pytest.mark.parametrize("label", LABELS)
def test_structures_change_smoothly_from_slice_to_slice(label: str) -> None:
    mask = demo_masks()[label]
    inside = np.flatnonzero(mask.any(axis=(1, 2)))[2:-2]
    assert len(inside) > 10
    overlap = [
        2 * (mask[index] & mask[index + 1]).sum() / (mask[index].sum() + mask[index + 1].sum())
        for index in inside[:-1]
    ]
    assert np.mean(overlap) > 0.8
