"""Copies of images, and different images under one UID.

A copy is the same picture at the same place, whatever its UID. Only files that may be copies of
each other are read: those that share their SOP Instance UID, or everything else that they state.
"""

import filecmp
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.dicom.headers import Header, Plane
from core.dicom.pixels import read_frames
from core.dicom.series import SliceRecord
from core.dicom.slice_steps import SAME_PLACE_MM
from core.dicom.uids import derive_uid, uid_order

_SHARED_UID = (
    "Different images carry the same SOP Instance UID; they are told apart by UIDs that Slicewise "
    "makes up, so an archive does not know them."
)

_Digest = Callable[[Header], str]


def without_copies(headers: Sequence[Header]) -> tuple[list[Header], int]:
    """Leave out the copies among the images of a series, and make UIDs unique.

    Parameters
    ----------
    headers : sequence of Header
        Of one series.

    Returns
    -------
    headers : list of Header
        Without copies, every one with a UID of its own.
    copies : int
        How many were left out.
    """
    digest = _remembered_digest()
    unique = list(_unique_in_uid(headers, digest))
    kept = list(_unique_in_place(unique, digest))
    return kept, len(headers) - len(kept)


def _remembered_digest() -> _Digest:
    known: dict[int, str] = {}

    def digest(header: Header) -> str:
        if id(header) not in known:
            known[id(header)] = _picture_digest(header)
        return known[id(header)]

    return digest


def _unique_in_uid(headers: Sequence[Header], digest: _Digest) -> Iterator[Header]:
    """Yield the images without copies under one UID; where several are left, with other UIDs."""
    for members in _grouped(headers, lambda header: header.sop_instance_uid):
        different: list[Header] = []
        for header in members:
            if not any(_is_copy(header, other, digest) for other in different):
                different.append(header)
        if len(different) == 1:
            yield different[0]
        else:
            yield from (_with_own_uid(header, digest(header)) for header in different)


def _unique_in_place(headers: Sequence[Header], digest: _Digest) -> Iterator[Header]:
    """Yield the images without copies under other UIDs.

    Volumes that nothing tells apart state the same of the images at a place, and these may be
    alike, such as empty ones. So pictures at a place are copies only if there are more than
    elsewhere, or if all places hold nothing but copies.
    """
    groups = list(_grouped(headers, _stated))
    usual, _ = Counter(map(len, groups)).most_common(1)[0]
    only_copies = all(
        len({digest(header) for header in members}) == 1 for members in groups if len(members) > 1
    )
    for members in groups:
        if len(members) > 1 and (only_copies or len(members) > usual):
            first: dict[str, Header] = {}
            for header in sorted(members, key=lambda one: uid_order(one.sop_instance_uid)):
                first.setdefault(digest(header), header)
            yield from first.values()
        else:
            yield from members


def _grouped(
    headers: Iterable[Header], key: Callable[[Header], Hashable]
) -> Iterable[list[Header]]:
    groups: dict[Hashable, list[Header]] = defaultdict(list)
    for header in headers:
        groups[key(header)].append(header)
    return groups.values()


def _stated(header: Header) -> Hashable:
    """Return what copies have in common: the place, and all that may tell volumes apart."""
    planes = tuple(
        (plane.position, plane.orientation, tuple(sorted(plane.volume_keys.items())))
        for plane in header.planes
    )
    if header.planes[0].position is not None:
        return header.rows, header.columns, planes
    location = header.planes[0].slice_location
    is_known = header.instance_number is not None or location is not None
    own = "" if is_known else header.sop_instance_uid
    return header.rows, header.columns, planes, header.instance_number, location, own


def _is_copy(header: Header, other: Header, digest: _Digest) -> bool:
    if len(header.planes) != len(other.planes) or not all(
        map(_share_place, header.planes, other.planes)
    ):
        return False
    return _are_equal_files(header, other) or digest(header) == digest(other)


def _share_place(plane: Plane, other: Plane) -> bool:
    for one, two in (
        (plane.position, other.position),
        (plane.orientation, other.orientation),
        (plane.pixel_spacing, other.pixel_spacing),
    ):
        if (one is None) != (two is None):
            return False
        if one is not None and two is not None and not np.allclose(one, two, atol=SAME_PLACE_MM):
            return False
    return plane.slice_location == other.slice_location


def _are_equal_files(header: Header, other: Header) -> bool:
    try:
        return filecmp.cmp(header.path, other.path, shallow=False)
    except OSError:
        return False


def _picture_digest(header: Header) -> str:
    """Return a digest of the values of all frames, or of the bytes where they do not decode."""
    digest = hashlib.sha256(f"{header.rows} {header.columns}".encode())
    try:
        records = [_record(plane) for plane in header.planes]
        for values in read_frames(header.path, records, header.rows, header.columns):
            digest.update(np.ascontiguousarray(values, np.float32).tobytes())
    except Exception:  # the file is refused, with the reason, when its series is read
        try:
            digest.update(header.path.read_bytes())
        except OSError:
            digest.update(str(header.path).encode())
    return digest.hexdigest()


def _record(plane: Plane) -> SliceRecord:
    return SliceRecord(
        plane.header.sop_instance_uid,
        plane.header.sop_class_uid,
        plane.header.path,
        plane.header.instance_number,
        plane.frame,
        plane.header.stored,
    )


def _with_own_uid(header: Header, digest: str) -> Header:
    """Return a header with a UID made from what it holds, the same at every reading."""
    places = [(plane.position, plane.slice_location) for plane in header.planes]
    renamed = replace(
        header,
        sop_instance_uid=derive_uid("instance", header.sop_instance_uid, digest, places),
        cautions=(*header.cautions, _SHARED_UID),
        planes=[],
    )
    renamed.planes.extend(replace(plane, header=renamed) for plane in header.planes)
    return renamed
