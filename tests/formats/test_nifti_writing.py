from pathlib import Path

import numpy as np
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.formats.nifti_writing import write_nifti
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import make_segments, volumes_by_dcmqi
from tests.support.nifti import load_nifti
from tests.support.synthetic_series import PLACEMENTS, write_series

LPS_TO_RAS = np.diag([-1, -1, 1, 1])


@pytest.fixture(params=PLACEMENTS, ids=lambda placement: placement.name)
def summary(request: pytest.FixtureRequest, tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", request.param)
    return find_series(tmp_path / "series")[0]


def test_voxels_lie_where_the_pixels_of_the_images_do(
    summary: SeriesSummary, tmp_path: Path
) -> None:
    volume = read_series(summary).volume > 0
    (liver, _) = make_segments(summary)
    bright = SegmentMasks(liver.segment, dict(enumerate(volume)))
    (path,) = write_nifti(summary, [bright], tmp_path / "bright.nii.gz")
    image = load_nifti(path)
    assert image.header.get_xyzt_units()[0] == "mm"
    geometry = summary.geometry
    row_step = geometry.column_direction * geometry.pixel_spacing[0]
    column_step = geometry.row_direction * geometry.pixel_spacing[1]
    assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), volume)
    for index, row, column in ((0, 0, 0), (3, 7, 21), (8, 23, 39)):
        lps = geometry.positions[index] + row * row_step + column * column_step
        ras = image.affine @ [column, row, index, 1]
        assert np.allclose(ras, LPS_TO_RAS @ [*lps, 1], atol=1e-3)


def test_segments_that_do_not_overlap_share_a_file(summary: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(summary)
    (path,) = write_nifti(summary, segments, tmp_path / "labels.nii.gz")
    image = load_nifti(path)
    labels = np.asarray(image.dataobj).transpose(2, 1, 0)
    expected = np.zeros_like(labels)
    for one in segments:
        for index, mask in one.masks.items():
            expected[index][mask] = one.segment.number
    assert np.array_equal(labels, expected)
    comment = image.header.extensions[0].get_content()
    text = comment if isinstance(comment, str) else comment.decode()
    assert text.rstrip("\0") == "1 Liver\n2 Spleen Größe"


def test_overlapping_segments_get_a_file_each(summary: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(summary, overlap=True)
    paths = write_nifti(summary, segments, tmp_path / "labels.nii.gz")
    assert [path.name for path in paths] == [
        "labels_1_Liver.nii.gz",
        "labels_2_Spleen_Größe.nii.gz",
    ]
    for one, path in zip(segments, paths, strict=True):
        voxels = np.asarray(load_nifti(path).dataobj).transpose(2, 1, 0)
        for index in range(summary.slices):
            expected = one.masks.get(index, np.zeros(voxels.shape[1:], bool))
            assert np.array_equal(voxels[index] == 1, expected)


def test_of_several_files_all_are_written_or_none(summary: SeriesSummary, tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    segments = make_segments(summary, overlap=True)
    longest = "n" * 238  # with "_1_Liver.nii.gz" a file name, with that of the second none
    with pytest.raises(DicomError, match="File name too long"):
        write_nifti(summary, segments, folder / f"{longest}.nii.gz")
    assert list(folder.iterdir()) == []


def test_nifti_agrees_with_dcmqis_conversion_of_the_segmentation(
    tmp_path: Path, segimage2itkimage: str, shared_data: Path
) -> None:
    (summary,) = find_series(shared_data / "dicom" / "nd320_study1_t1post")
    segments = make_segments(summary)[:1]
    (path,) = write_nifti(summary, segments, tmp_path / "ours.nii")
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    (theirs,) = volumes_by_dcmqi(tmp_path / "seg.dcm", tmp_path, segimage2itkimage)
    ours = load_nifti(path)
    assert ours.shape == theirs.shape
    assert np.allclose(ours.affine, theirs.affine, atol=1e-2)
    assert np.array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))


def test_what_cannot_be_written_is_refused(summary: SeriesSummary, tmp_path: Path) -> None:
    (liver, _) = make_segments(summary)
    with pytest.raises(DicomError, match=r"must end in \.nii"):
        write_nifti(summary, [liver], tmp_path / "labels.img")
    with pytest.raises(DicomError, match="no segment"):
        write_nifti(summary, [], tmp_path / "labels.nii")
    with pytest.raises(DicomError, match="cannot be written"):
        write_nifti(summary, [SegmentMasks(liver.segment, {})], tmp_path / "no" / "labels.nii")
