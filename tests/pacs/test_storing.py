"""Storing segmentations in a real archive, and finding them there again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import UID

from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.pacs.cache import fetch_series
from core.pacs.dicomweb import Query, search
from core.pacs.settings import Archive, ArchiveError, Node
from core.pacs.storing import store_instance
from core.segments.segment_masks import SegmentMasks
from tests.support.certificates import Certificates
from tests.support.mask_round_trips import assert_same_masks, make_segments
from tests.support.orthanc import AE_TITLE, Orthanc
from tests.support.ports import free_ports


@pytest.fixture
def drawn(
    archive: Archive, mr_uids: tuple[str, str], tmp_path: Path
) -> tuple[SeriesSummary, list[SegmentMasks], Path]:
    """A series opened from the archive, segments drawn on it, and where their file goes."""
    (summary,) = find_series(fetch_series(archive, *mr_uids, tmp_path))
    return summary, make_segments(summary), tmp_path / "seg.dcm"


def found_segmentations(archive: Archive, study_uid: str) -> list[Any]:
    return search(archive, Query(study_uid=study_uid, modality="SEG"))


def assert_archived(
    archive: Archive, drawn: tuple[SeriesSummary, list[SegmentMasks], Path], uid: str, home: Path
) -> Dataset:
    """Search again, open the instance that was stored, and compare it with what was drawn."""
    summary, segments, _ = drawn
    (found,) = found_segmentations(archive, summary.study_uid)
    assert found.patient_id == summary.patient_id
    folder = fetch_series(archive, found.study_uid, found.series_uid, home)
    # Other tests store others in the same series, before or after.
    stored = {pydicom.dcmread(path).SOPInstanceUID: path for path in folder.iterdir()}[uid]
    dataset = pydicom.dcmread(stored)
    (reference,) = dataset.ReferencedSeriesSequence
    assert reference.SeriesInstanceUID == summary.series_instance_uid
    referenced = {one.ReferencedSOPInstanceUID for one in reference.ReferencedInstanceSequence}
    assert referenced == {record.sop_instance_uid for record in summary.records}
    for one, other in zip(segments, read_segmentation(stored, summary), strict=True):
        assert_same_masks(one.masks, other.masks)
    return dataset


def test_a_segmentation_stored_by_stow_is_found_and_refers_to_its_series(
    archive: Archive, drawn: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path
) -> None:
    summary, segments, path = drawn
    uid = write_segmentation(summary, segments, path, instance_number=1)
    store_instance(archive, path)
    assert_archived(archive, drawn, uid, tmp_path)
    # Storing the same again changes nothing, so trying again is safe.
    store_instance(archive, path)
    (found,) = found_segmentations(archive, summary.study_uid)
    count = found.instances
    write_segmentation(summary, segments, path, instance_number=2)
    store_instance(archive, path)
    (found,) = found_segmentations(archive, summary.study_uid)
    assert found.instances == count + 1


@pytest.mark.parametrize("compression", ["none", "deflated", "jpeg2000"])
def test_a_segmentation_is_stored_by_c_store_in_its_own_encoding(
    orthanc: Orthanc,
    archive: Archive,
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path],
    tmp_path: Path,
    compression: Any,
) -> None:
    summary, segments, path = drawn
    number = {"none": 11, "deflated": 12, "jpeg2000": 13}[compression]
    uid = write_segmentation(
        summary, segments, path, instance_number=number, compression=compression
    )
    node = Node("127.0.0.1", orthanc.dicom_port, AE_TITLE)
    store_instance(replace(archive, dicom=node), path)
    dataset = assert_archived(archive, drawn, uid, tmp_path)
    written = pydicom.dcmread(path).file_meta.TransferSyntaxUID
    assert dataset.file_meta.TransferSyntaxUID == written


def test_c_store_can_be_encrypted_with_certificates_of_both_sides(
    orthanc_program: str,
    archive: Archive,
    drawn: tuple[SeriesSummary, list[SegmentMasks], Path],
    tmp_path: Path,
) -> None:
    summary, segments, path = drawn
    write_segmentation(summary, segments, path)
    keys = Certificates(tmp_path)
    server = Orthanc(
        orthanc_program,
        tmp_path / "server",
        DicomTlsEnabled=True,
        DicomTlsCertificate=keys.path("server.pem"),
        DicomTlsPrivateKey=keys.path("server.key"),
        DicomTlsTrustedCertificates=keys.path("authority.pem"),
    )
    try:
        server.start()
        encrypted = replace(
            archive,
            url=server.url,
            ca_bundle=keys.path("authority.pem"),
            client_certificate=keys.path("client.pem"),
            client_key=keys.path("client.key"),
            dicom=Node("127.0.0.1", server.dicom_port, AE_TITLE, tls=True),
        )
        store_instance(encrypted, path)
        assert found_segmentations(encrypted, summary.study_uid)
        for wrong in (
            replace(encrypted, ca_bundle=""),
            replace(encrypted, client_certificate="", client_key=""),
            replace(encrypted, dicom=Node("127.0.0.1", server.dicom_port, AE_TITLE)),
        ):
            with pytest.raises(ArchiveError, match=r"does not answer|rejects|broke off"):
                store_instance(wrong, path)
    finally:
        server.stop()


def test_who_does_not_take_an_association_is_told_apart(
    orthanc: Orthanc, archive: Archive, drawn: tuple[SeriesSummary, list[SegmentMasks], Path]
) -> None:
    summary, segments, path = drawn
    write_segmentation(summary, segments, path)
    before = path.read_bytes()
    (port,) = free_ports(1)
    silent = Node("127.0.0.1", port, AE_TITLE)
    with pytest.raises(ArchiveError, match="does not answer"):
        store_instance(replace(archive, dicom=silent), path)
    own = pydicom.dcmread(path)
    own.SOPClassUID = own.file_meta.MediaStorageSOPClassUID = UID("1.2.826.0.1.3680043.8.498.1")
    own.save_as(path)
    node = Node("127.0.0.1", orthanc.dicom_port, AE_TITLE)
    with pytest.raises(ArchiveError, match="this kind of object"):
        store_instance(replace(archive, dicom=node), path)
    path.write_bytes(before)


def test_an_archive_that_was_stopped_leaves_the_file_for_another_try(
    archive: Archive, drawn: tuple[SeriesSummary, list[SegmentMasks], Path]
) -> None:
    summary, segments, path = drawn
    write_segmentation(summary, segments, path)
    (port,) = free_ports(1)
    gone = replace(archive, url=f"http://127.0.0.1:{port}/dicom-web")
    with pytest.raises(ArchiveError, match="does not answer"):
        store_instance(gone, path)
    assert np.array_equal(
        sorted(read_segmentation(path, summary)[0].masks), sorted(segments[0].masks)
    )


def test_what_the_archive_does_not_take_is_told(archive: Archive, shared_data: Path) -> None:
    # Its data set names no instance, which Orthanc refuses.
    path = next((shared_data / "dicom" / "totalseg_example_ct").iterdir())
    with pytest.raises(ArchiveError, match="did not take the file"):
        store_instance(archive, path)
