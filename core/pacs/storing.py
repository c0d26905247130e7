"""Storing in the archive: by STOW-RS, or by C-STORE (PS3.4 annex B) where that is set up."""

import ssl
from pathlib import Path

from pynetdicom import AE

from core.dicom.files import file_label, open_header, text_of
from core.pacs.dicomweb import store_by_web
from core.pacs.settings import Archive, ArchiveError, Node

# Requested in addition, to distinguish an archive that does not answer from one that does not
# accept this kind of object.
_VERIFICATION = "1.2.840.10008.1.1"

_SUCCESS = 0x0000
_WARNINGS = range(0xB000, 0xC000)


def store_instance(archive: Archive, path: Path) -> None:
    """Store a DICOM file in the archive.

    Parameters
    ----------
    archive : Archive
        From `read_archive`. With `dicom` set it is sent by C-STORE, otherwise by STOW-RS.
    path : pathlib.Path
        The file; it stays where it is.

    Raises
    ------
    DicomError
        When the file cannot be read.
    ArchiveError
        When the archive does not take it; storing it again later is safe.
    """
    if archive.dicom is None:
        store_by_web(archive, path)
    else:
        store_by_association(archive, archive.dicom, path)


def store_by_association(archive: Archive, node: Node, path: Path) -> None:
    """Store one DICOM file by C-STORE, as it is encoded; errors as in `store_instance`."""
    header, _ = open_header(path, ("SOPInstanceUID",))
    sop_class = text_of(header, "SOPClassUID")
    syntax = text_of(header.file_meta, "TransferSyntaxUID")
    entity = AE(node.calling_ae)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = archive.timeout_s
    entity.connection_timeout = archive.timeout_s
    entity.add_requested_context(sop_class, syntax)
    entity.add_requested_context(_VERIFICATION)
    security = (_security(archive), node.host) if node.tls else None
    association = entity.associate(node.host, node.port, ae_title=node.called_ae, tls_args=security)
    try:
        if association.is_rejected:
            raise ArchiveError(
                f"The {archive.name} rejects the association; check dicom.called_ae, and that it "
                f"knows {node.calling_ae}."
            )
        if not association.is_established:
            raise ArchiveError(
                f"The {archive.name} does not answer; check that it runs, dicom.host and "
                f"dicom.port{', and the certificates' if node.tls else ''}."
            )
        if not any(
            context.abstract_syntax == sop_class for context in association.accepted_contexts
        ):
            raise ArchiveError(
                f"The {archive.name} does not take this kind of object in this encoding; export "
                "without compression, as BINARY."
            )
        status = association.send_c_store(path)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(f"{file_label(path)} cannot be sent to the {archive.name}.") from None
    finally:
        if association.is_established:
            association.release()
    _check_status(status.get("Status"), archive.name)


def _check_status(status: int | None, name: str) -> None:
    if status is None:
        raise ArchiveError(f"The {name} broke off before it had confirmed the file; try again.")
    if status != _SUCCESS and status not in _WARNINGS:
        raise ArchiveError(f"The {name} did not take the file (status {status:04X}).")


def _security(archive: Archive) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(
            cafile=str(Path(archive.ca_bundle).expanduser()) if archive.ca_bundle else None
        )
        if archive.client_certificate:
            key = str(Path(archive.client_key).expanduser()) if archive.client_key else None
            context.load_cert_chain(Path(archive.client_certificate).expanduser(), key)
    except (OSError, ssl.SSLError):
        raise ArchiveError(
            f"The certificates for the {archive.name} cannot be read; check archive.toml."
        ) from None
    return context
