"""How many frames encapsulated pixel data holds, whatever the header states (PS3.5 A.4)."""

from pathlib import Path

_ITEM_TAG = b"\xfe\xff\x00\xe0"
_HEADER_BYTES = 8
_OFFSET_BYTES = 4

# Beginnings of codestreams: JPEG and JPEG-LS, JPEG 2000.
_BEGINNINGS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")


def held_frames(path: Path, offset: int) -> int:
    """Count the frames of encapsulated pixel data.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    offset : int
        First byte of the pixel data: the item of the Basic Offset Table.

    Returns
    -------
    int
        The larger of the entries of the offset table and the fragments that begin a codestream;
        0 where neither says anything.
    """
    begun = entries = 0
    with path.open("rb") as file:
        file.seek(offset)
        is_table = True
        while len(header := file.read(_HEADER_BYTES)) == _HEADER_BYTES:
            if not header.startswith(_ITEM_TAG):
                break
            length = int.from_bytes(header[4:], "little")
            next_item = file.tell() + length
            if is_table:
                entries = length // _OFFSET_BYTES
                is_table = False
            else:
                begun += file.read(4).startswith(_BEGINNINGS)
            file.seek(next_item)
    return max(begun, entries)
