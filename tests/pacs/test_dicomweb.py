"""Searching a real archive by QIDO-RS."""

import logging
from pathlib import Path
from typing import Any

import pytest

from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.pacs.dicomweb import Query, instance_uids, search
from core.pacs.settings import Archive, ArchiveError
from tests.support.orthanc import Orthanc
from tests.support.ports import free_ports


@pytest.fixture(scope="module")
def mr(shared_data: Path) -> SeriesSummary:
    """What the files themselves say of the MR series."""
    return find_series(shared_data / "dicom" / "nd320_study1_t1post")[0]


def test_a_series_is_found_by_each_of_its_attributes(archive: Archive, mr: SeriesSummary) -> None:
    family, given = mr.patient_name.split("^")[:2]
    day = f"{mr.study_date[:4]}-{mr.study_date[4:6]}-{mr.study_date[6:]}"
    for query in (
        Query(patient_id=mr.patient_id),
        Query(patient_id=mr.patient_id[:3] + "*"),
        Query(patient_name=family.lower()),
        Query(patient_name=f"{family}, {given}"),
        Query(study_date=mr.study_date),
        Query(study_date=f"{day}..{day}"),
        Query(study_date=f"{day}..", modality="mr"),
        Query(study_uid=mr.study_uid),
        Query(study_uid=mr.study_uid, series_uid=mr.series_instance_uid),
    ):
        (found,) = search(archive, query)
        assert (found.study_uid, found.series_uid) == (mr.study_uid, mr.series_instance_uid)
        assert (found.patient_name, found.patient_id) == (mr.patient_name, mr.patient_id)
        assert (found.modality, found.instances) == ("MR", mr.slices)
        assert found.series_description == mr.series_description
        assert found.study_date == mr.study_date


def test_the_newest_study_comes_first(archive: Archive) -> None:
    dates = [one.study_date for one in search(archive, Query(study_date="1990-01-01.."))]
    assert len(dates) >= 2 and dates == sorted(dates, reverse=True)


def test_what_is_not_there_is_not_found(archive: Archive, mr: SeriesSummary) -> None:
    assert search(archive, Query(patient_id="nobody")) == []
    assert search(archive, Query(patient_id=mr.patient_id, modality="PT")) == []
    assert search(archive, Query(study_uid=mr.study_uid, series_uid="1.2.3")) == []
    with pytest.raises(ArchiveError, match="holds no such"):
        instance_uids(archive, mr.study_uid, "1.2.3")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(), "what to search for"),
        (Query(modality="CT"), "what to search for"),
        (Query(study_date="yesterday"), "must look like"),
        (Query(study_date=".."), "must look like"),
        (Query(study_date="2026-01-01..2026-01-02..2026-01-03"), "must look like"),
        (Query(patient_name="a\\b"), "no backslashes"),
    ],
)
def test_queries_that_mean_nothing_are_refused_before_anything_is_sent(
    query: Any, message: str
) -> None:
    with pytest.raises(ArchiveError, match=message):
        search(Archive(url="http://127.0.0.1:1/nobody-listens"), query)


def test_who_does_not_answer_or_is_no_archive_is_named_without_the_search(
    orthanc: Orthanc, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (port,) = free_ports(1)
    silent = Archive(url=f"http://127.0.0.1:{port}/dicom-web", timeout_s=5)
    elsewhere = Archive(url=orthanc.url.replace("dicom-web", "system"), timeout_s=5)
    for archive, message in ((silent, "does not answer"), (elsewhere, "lead to its DICOMweb")):
        with pytest.raises(ArchiveError, match=message) as caught:
            search(archive, Query(patient_name="Secretname"))
        assert "Secretname" not in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert "Secretname" not in caplog.text
