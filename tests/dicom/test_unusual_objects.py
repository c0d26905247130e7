"""Parametric maps, doses, tomographies and ultrasound volumes, in every uncompressed encoding."""

from pathlib import Path
from typing import Any

import itk
import numpy as np
import pytest
from pydicom.sr.codedict import codes
from pydicom.uid import UID, generate_uid

from core.dicom.errors import DicomError
from core.dicom.geometry import plane_normal
from core.dicom.reading import find_series, read_series
from tests.support.synthetic_series import AXIAL, OBLIQUE, SAGITTAL, base_image, write_images
from tests.support.unusual_objects import (
    ENCODINGS,
    item,
    save,
    write_dose,
    write_gated_tomography,
    write_parametric_map,
    write_tomosynthesis,
    write_ultrasound_volume,
)


@pytest.fixture(params=list(ENCODINGS.values()), ids=list(ENCODINGS))
def encoding(request: pytest.FixtureRequest) -> UID:
    return request.param


@pytest.mark.filterwarnings("ignore:Arguments 'window_center'")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16, np.uint8])
def test_a_parametric_map_keeps_its_values_and_places(
    tmp_path: Path, encoding: UID, dtype: type[np.generic]
) -> None:
    values: np.ndarray = np.random.default_rng(0).integers(0, 250, (4, 10, 12)).astype(dtype)
    if np.dtype(dtype).kind == "f":
        values /= 7
    positions = write_parametric_map(tmp_path / "map.dcm", values, encoding=encoding)
    (summary,) = find_series(tmp_path / "map.dcm")
    assert summary.problems == ()
    np.testing.assert_allclose(summary.geometry.positions, positions)
    np.testing.assert_allclose(read_series(summary).volume, values, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Arguments 'window_center'")
def test_a_mapping_that_is_not_done_is_told(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4000, (2, 10, 12)).astype(np.uint16)
    write_parametric_map(tmp_path / "map.dcm", values, slope=0.001)
    (summary,) = find_series(tmp_path / "map.dcm")
    (problem,) = summary.problems
    assert problem.startswith("The files map stored values to real-world values in mm2/s, which")
    assert summary.units == ""
    np.testing.assert_array_equal(read_series(summary).volume, values)


@pytest.mark.parametrize(
    ("slope", "intercept", "is_told"), [(1, 0, False), (2, 0, True), (1, 5, True), (None, 0, True)]
)
def test_a_mapping_that_does_as_rescaling_needs_no_word(
    tmp_path: Path, slope: int | None, intercept: int, is_told: bool
) -> None:
    unit = codes.UCUM.SquareMillimeterPerSecond
    mapping = item(
        RealWorldValueIntercept=float(intercept),
        MeasurementUnitsCodeSequence=[item(CodeValue=unit.value, CodingSchemeDesignator="UCUM")],
    )
    if slope is None:
        mapping.RealWorldValueLUTData = [0.0, 1.0]
    else:
        mapping.RealWorldValueSlope = float(slope)
    write_images(tmp_path, [{"RealWorldValueMappingSequence": [mapping]}] * 1)
    (summary,) = find_series(tmp_path)
    assert any("real-world values in mm2/s" in text for text in summary.problems) == is_told


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE], ids=["axial", "sag", "oblique"])
@pytest.mark.parametrize("offsets", [[0, 3, 6, 9], [0, -2.5, -5], [0, 3, 6, 9.5]])
def test_a_dose_of_any_orientation_follows_its_offsets(
    tmp_path: Path, encoding: UID, orientation: tuple[float, ...], offsets: list[float] | list[int]
) -> None:
    values = write_dose(tmp_path / "dose.dcm", orientation, offsets, encoding)
    (summary,) = find_series(tmp_path / "dose.dcm")
    frames = [(record.frame or 0) - 1 for record in summary.records]
    normal = plane_normal(np.array(orientation[:3]), np.array(orientation[3:]))
    expected = np.array([-30.0, 12.5, 7.25]) + np.outer(np.array(offsets)[frames], normal)
    np.testing.assert_allclose(summary.geometry.positions, expected, atol=1e-5)
    np.testing.assert_allclose(read_series(summary).volume, values[frames], rtol=1e-6)
    assert (summary.units, summary.geometry.in_patient) == ("Gy", True)


def test_a_dose_is_known_by_its_class_as_well(tmp_path: Path) -> None:
    write_dose(tmp_path / "dose.dcm", OBLIQUE, [0, 3, 6], Modality="OT")
    (summary,) = find_series(tmp_path / "dose.dcm")
    assert summary.geometry.in_patient
    assert summary.units == "Gy"


def test_offsets_that_do_not_fit_the_frames_are_not_guessed(tmp_path: Path) -> None:
    write_dose(tmp_path / "dose.dcm", AXIAL, [0, 3, 6], GridFrameOffsetVector=[0, 3])
    (summary,) = find_series(tmp_path / "dose.dcm")
    assert not summary.geometry.in_patient
    assert any("do not say where the slices lie" in problem for problem in summary.problems)


def test_a_gated_tomography_has_a_stack_for_each_time_slot(tmp_path: Path, encoding: UID) -> None:
    values = write_gated_tomography(tmp_path / "nm.dcm", encoding=encoding)
    summaries = find_series(tmp_path / "nm.dcm")
    assert [summary.series_description for summary in summaries] == [
        f"Synthetic (time slot {slot})" for slot in range(1, 5)
    ]
    for summary, slot in zip(summaries, values, strict=True):
        np.testing.assert_array_equal(read_series(summary).volume, slot)
        np.testing.assert_allclose(summary.geometry.positions[:, 2], 100 + 6.5 * np.arange(5))


@pytest.mark.parametrize(
    "changes",
    [
        {"ImageType": ["ORIGINAL", "PRIMARY", "GATED TOMO", "EMISSION"]},
        {"DetectorInformationSequence": []},
        {"SliceVector": [1, 2, 3]},
    ],
)
def test_nm_frames_without_a_place_are_not_stacked_in_the_patient(
    tmp_path: Path, changes: dict[str, list[Any]] | dict[str, list[int]] | dict[str, list[str]]
) -> None:
    write_gated_tomography(tmp_path / "nm.dcm", **changes)
    for summary in find_series(tmp_path / "nm.dcm"):
        assert not summary.geometry.in_patient
        assert any("do not say where the slices lie" in text for text in summary.problems)


def test_a_tomosynthesis_lies_where_its_frames_say(tmp_path: Path, encoding: UID) -> None:
    values = write_tomosynthesis(tmp_path / "tomo.dcm", encoding=encoding)
    (summary,) = find_series(tmp_path / "tomo.dcm")
    frames = [(record.frame or 0) - 1 for record in summary.records]
    np.testing.assert_allclose(summary.geometry.positions[:, 0], np.array(frames) - 10.0)
    np.testing.assert_array_equal(read_series(summary).volume, values[frames])


def test_a_tomosynthesis_without_places_says_so(tmp_path: Path) -> None:
    write_tomosynthesis(tmp_path / "tomo.dcm", are_placed=False)
    (summary,) = find_series(tmp_path / "tomo.dcm")
    assert not summary.geometry.in_patient
    assert any("do not say where the slices lie" in problem for problem in summary.problems)


def test_an_ultrasound_volume_is_refused_by_name(tmp_path: Path, encoding: UID) -> None:
    write_ultrasound_volume(tmp_path / "us.dcm", encoding)
    with pytest.raises(DicomError, match="is an ultrasound volume"):
        find_series(tmp_path / "us.dcm")


@pytest.mark.parametrize(("bits", "sign"), [(8, 0), (16, 0), (16, 1), (32, 0), (32, 1)])
def test_whole_numbers_of_any_size_are_those_of_itk(
    tmp_path: Path, encoding: UID, bits: int, sign: int
) -> None:
    """GDCM, in ITK, reads the same values from the same file."""
    image = base_image(20, 28)
    image.SOPInstanceUID = generate_uid()
    image.BitsAllocated = image.BitsStored = bits
    image.HighBit, image.PixelRepresentation = bits - 1, sign
    image.RescaleIntercept = -7
    limit = 2 ** min(bits - 1, 20)
    values = np.random.default_rng(4).integers(-limit * sign, limit, (20, 28))
    image.PixelData = values.astype(f"<{'i' if sign else 'u'}{bits // 8}").tobytes()
    save(image, tmp_path / "image.dcm", encoding)
    (summary,) = find_series(tmp_path / "image.dcm")
    volume = read_series(summary).volume[0]
    np.testing.assert_array_equal(volume, values - 7)
    if bits == 32 and encoding == ENCODINGS["big endian"]:
        assert any("are written in two ways" in problem for problem in summary.problems)
        return
    by_itk = itk.array_from_image(itk.imread(str(tmp_path / "image.dcm")))
    np.testing.assert_array_equal(volume, by_itk.squeeze())
