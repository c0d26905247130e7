"""DICOMweb: search (QIDO-RS), retrieve (WADO-RS) and store (STOW-RS), PS3.18 chapter 10.

dicomweb-client speaks the protocol. Errors become one sentence that contains neither an
address with its query nor anything of a patient.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset
from requests.adapters import HTTPAdapter
from retrying import RetryError

from core.dicom.files import integer_of, items_of, open_file, text_of
from core.pacs.authentication import open_session
from core.pacs.settings import Archive, ArchiveError

MOST_STUDIES = 50
"""Most studies that one search looks into."""

_PAGE = 500
_ATTEMPTS = 2
_WAIT_MS = 100

ANY_TRANSFER_SYNTAX = (("application/dicom", "*"),)
"""Instances come as the archive keeps them, without being decoded and encoded again."""

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")

STUDY_KEYS = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "study_date": "StudyDate",
    "study_uid": "StudyInstanceUID",
    "modality": "ModalitiesInStudy",
}
"""Attributes that a search of studies is matched by."""

SERIES_KEYS = {"modality": "Modality", "series_uid": "SeriesInstanceUID"}
"""Attributes that a search of the series in a study is matched by."""

STUDY_FIELDS = ("PatientID", "PatientName", "StudyDate", "StudyDescription", "StudyInstanceUID")
"""Attributes of a study that an answer is asked for."""

SERIES_FIELDS = (
    "Modality",
    "NumberOfSeriesRelatedInstances",
    "SeriesDescription",
    "SeriesInstanceUID",
    "SeriesNumber",
)
"""Attributes of a series that an answer is asked for."""


@dataclass(frozen=True)
class Query:
    """What to search for; empty fields match anything.

    Parameters
    ----------
    patient_id : str
        The whole identifier; * stands for other characters.
    patient_name : str
        Its beginning, family name first; * stands for other characters.
    study_date : str
        A day, or two joined by "..", either of which may be left out; YYYY-MM-DD or YYYYMMDD.
    modality, study_uid, series_uid : str
        Exactly.
    """

    patient_id: str = ""
    patient_name: str = ""
    study_date: str = ""
    modality: str = ""
    study_uid: str = ""
    series_uid: str = ""


@dataclass(frozen=True)
class ArchivedSeries:
    """A series as the archive describes it; `instances` is None where it does not count them."""

    study_uid: str
    series_uid: str
    patient_name: str
    patient_id: str
    study_date: str
    study_description: str
    modality: str
    series_number: int | None
    series_description: str
    instances: int | None


def search(archive: Archive, query: Query) -> list[ArchivedSeries]:
    """Search the archive for series.

    Parameters
    ----------
    archive : Archive
        From `read_archive`.
    query : Query
        At least one field must say something.

    Returns
    -------
    list of ArchivedSeries
        The newest study first, at most those of `MOST_STUDIES` studies.

    Raises
    ------
    ArchiveError
        When the query cannot be used, or the archive does not answer as it should.
    """
    study_filters, series_filters = _filters(query)
    with connected(archive) as client:
        studies = [
            Dataset.from_json(one)
            for one in client.search_for_studies(
                limit=MOST_STUDIES, fields=STUDY_FIELDS, search_filters=study_filters
            )
        ]
        studies.sort(key=lambda study: text_of(study, "StudyDate"), reverse=True)
        return [
            series
            for study in studies
            for series in _series_of(client, study, series_filters, query)
        ]


def instance_uids(archive: Archive, study_uid: str, series_uid: str) -> list[str]:
    """Return the SOPInstanceUIDs of a series.

    Raises
    ------
    ArchiveError
        When there is no such series, or the archive does not answer as it should.
    """
    found: dict[str, None] = {}
    with connected(archive) as client:
        while True:
            page = client.search_for_instances(
                study_uid, series_uid, limit=_PAGE, offset=len(found), fields=("SOPInstanceUID",)
            )
            uids = [text_of(Dataset.from_json(one), "SOPInstanceUID") for one in page]
            fresh = [uid for uid in uids if uid and uid not in found]
            found |= dict.fromkeys(fresh)
            # An archive that knows no offset answers the same again.
            if not fresh or len(page) < _PAGE:
                break
    if not found:
        raise ArchiveError(f"The {archive.name} holds no such series; search again.")
    return list(found)


def retrieve(
    archive: Archive, study_uid: str, series_uid: str, missing: list[str], whole: bool
) -> Iterator[Dataset]:
    """Retrieve instances of a series one after the other, as the archive keeps them.

    Parameters
    ----------
    archive : Archive
        From `read_archive`.
    study_uid, series_uid : str
        The series.
    missing : list of str
        SOPInstanceUIDs that are wanted.
    whole : bool
        Ask for the whole series at once, which takes one round trip instead of many.

    Raises
    ------
    ArchiveError
        When the archive does not answer as it should, at any instance.
    """
    with connected(archive) as client:
        if whole:
            yield from client.iter_series(study_uid, series_uid, media_types=ANY_TRANSFER_SYNTAX)
        else:
            for uid in missing:
                yield client.retrieve_instance(
                    study_uid, series_uid, uid, media_types=ANY_TRANSFER_SYNTAX
                )


def store_by_web(archive: Archive, path: Path) -> None:
    """Store one DICOM file by STOW-RS.

    Raises
    ------
    DicomError
        When the file cannot be read.
    ArchiveError
        When the archive does not take it.
    """
    dataset = open_file(path)
    uid = text_of(dataset, "SOPInstanceUID")
    with connected(archive) as client:
        # In one piece: a body in chunks could not be sent again with a new token.
        client.set_chunk_size(max(1, 2 * path.stat().st_size))
        answer = client.store_instances([dataset])
    stored = {text_of(one, "ReferencedSOPInstanceUID") for one in _items(answer, "Referenced")}
    if uid not in stored:
        reasons = [integer_of(one, "FailureReason") for one in _items(answer, "Failed")]
        code = f" (reason {reasons[0]:04X})" if reasons and reasons[0] is not None else ""
        raise ArchiveError(f"The {archive.name} did not take the file{code}; ask who runs it.")


class _PlainWildcards(HTTPAdapter):
    """Sends * as it is, as PS3.18 8.3.4.1 writes it: some archives do not decode %2A."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        address, mark, query = (request.url or "").partition("?")
        request.url = address + mark + query.replace("%2A", "*")
        return super().send(request, **options)


@contextmanager
def connected(archive: Archive) -> Iterator[DICOMwebClient]:
    """Give a client of the archive; what goes wrong with it becomes an ArchiveError."""
    if not archive.url:
        raise ArchiveError(f"The {archive.name} has no url to search and open by; set one.")
    session = open_session(archive)
    for scheme in ("https://", "http://"):
        session.mount(scheme, _PlainWildcards())
    try:
        client = DICOMwebClient(
            archive.url.rstrip("/"),
            session=session,
            qido_url_prefix=archive.qido_prefix or None,
            wado_url_prefix=archive.wado_prefix or None,
            stow_url_prefix=archive.stow_prefix or None,
            # The files are made by many programs, some of which make no proper UIDs.
            permissive_uid=True,
            timeout=archive.timeout_s,
        )
        client.set_http_retry_params(max_attempts=_ATTEMPTS, wait_exponential_multiplier=_WAIT_MS)
        yield client
    except ArchiveError:
        raise
    except Exception as error:
        # Not chained: the messages of the libraries hold the address, and with it the search.
        raise ArchiveError(_explained(error, archive.name)) from None
    finally:
        session.close()


def _series_of(
    client: DICOMwebClient, study: Dataset, filters: dict[str, Any], query: Query
) -> Iterator[ArchivedSeries]:
    study_uid = text_of(study, "StudyInstanceUID")
    for one in client.search_for_series(study_uid, fields=SERIES_FIELDS, search_filters=filters):
        series = Dataset.from_json(one)
        found = ArchivedSeries(
            study_uid=study_uid,
            series_uid=text_of(series, "SeriesInstanceUID"),
            patient_name=text_of(study, "PatientName"),
            patient_id=text_of(study, "PatientID"),
            study_date=text_of(study, "StudyDate"),
            study_description=text_of(study, "StudyDescription"),
            modality=text_of(series, "Modality"),
            series_number=integer_of(series, "SeriesNumber"),
            series_description=text_of(series, "SeriesDescription"),
            instances=integer_of(series, "NumberOfSeriesRelatedInstances"),
        )
        # Archives may ignore keys that they do not match by (PS3.4 C.2.2.2).
        matches = query.modality.strip().upper() in ("", found.modality)
        if matches and query.series_uid.strip() in ("", found.series_uid):
            yield found


def _filters(query: Query) -> tuple[dict[str, Any], dict[str, Any]]:
    values = {one.name: getattr(query, one.name).strip() for one in fields(query)}
    if not any(values[key] for key in STUDY_KEYS if key != "modality"):
        raise ArchiveError(
            "Say what to search for: patient identifier, patient name, date or study."
        )
    if any(not value.isprintable() or "\\" in value for value in values.values()):
        raise ArchiveError("A search may hold no backslashes and control characters.")
    values["modality"] = values["modality"].upper()
    values["study_date"] = _date_range(values["study_date"])
    name = values["patient_name"]
    if name and not set(name) & {"*", "?"}:
        # "Doe, Jane" is written Doe^Jane; a * stands for whatever is between.
        values["patient_name"] = "*".join([*re.split(r"[\s,^]+", name), ""])
    return (
        {keyword: values[key] for key, keyword in STUDY_KEYS.items() if values[key]},
        {keyword: values[key] for key, keyword in SERIES_KEYS.items() if values[key]},
    )


def _date_range(text: str) -> str:
    """Turn "2026-01-31" or "2026-01-01..2026-01-31" into DICOM's range (PS3.4 C.2.2.2.5)."""
    ends = [end.strip() for end in text.split("..")]
    matches = [_DATE.fullmatch(end) for end in ends]
    sound = len(ends) <= 2 and all(
        match or not end for end, match in zip(ends, matches, strict=True)
    )
    if not sound or (len(ends) == 2 and not any(ends)):
        raise ArchiveError("A date must look like 2026-01-31, a range like 2026-01-01..2026-01-31.")
    return "-".join("".join(match.groups()) if match else "" for match in matches)


def _items(answer: Dataset, kind: str) -> list[Dataset]:
    return list(items_of(answer, f"{kind}SOPSequence"))


def _explained(error: Exception, name: str) -> str:
    """Say what went wrong in one sentence, from the kind of error alone."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"No encrypted connection to the {name}: one side does not accept the other's "
            "certificate; check ca_bundle and client_certificate."
        )
    if isinstance(error, requests.exceptions.Timeout):
        return f"The {name} takes too long to answer; try again, or raise timeout_s."
    if isinstance(error, RetryError):
        return _STATUS[503].format(name=name)
    if isinstance(error, requests.exceptions.HTTPError) and status is not None:
        return _STATUS.get(status, "The {name} answers with an error (HTTP {status}).").format(
            name=name, status=status
        )
    if isinstance(error, requests.exceptions.RequestException):
        return f"The {name} does not answer; check that it runs and that its url is right."
    if isinstance(error, OSError):
        return f"The certificates for the {name} cannot be read; check archive.toml."
    if isinstance(error, pydicom.errors.InvalidDicomError | EOFError):
        return f"The {name} broke off in the middle of a file; try again."
    return f"The {name} answers in an unexpected way; check that url leads to its DICOMweb service."


_STATUS = {
    400: "The {name} does not understand the request (HTTP 400); search for something else.",
    401: "The {name} does not accept the login; check archive.toml.",
    403: "The {name} does not allow this to our login; ask who runs it.",
    404: "The {name} holds no such thing, or its url does not lead to its DICOMweb service.",
    409: "The {name} refuses to store the file (HTTP 409); ask who runs it.",
    413: "The {name} finds the file too large (HTTP 413); ask who runs it.",
    503: "The {name} is too busy to answer; try again later.",
}
