"""Ways to break a DICOM file, for tests and benchmarks of the reader."""

import struct
import zipfile
import zlib
from io import BytesIO

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

_HEADER_BYTES = 3000
_LYING_LENGTHS = (0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0x10000000, 0xFFFF, 0)
_ROWS, _COLUMNS, _FRAMES = b"\x28\x00\x10\x00", b"\x28\x00\x11\x00", b"\x28\x00\x08\x00"


def flip_bits(content: bytes, random: np.random.Generator) -> bytes:
    """Flip up to 20 bits, most of them where the header is."""
    mutated = bytearray(content)
    end = min(len(mutated), _HEADER_BYTES) if random.random() < 0.8 else len(mutated)
    for _ in range(random.integers(1, 21)):
        mutated[random.integers(0, end)] ^= 1 << random.integers(0, 8)
    return bytes(mutated)


def cut(content: bytes, random: np.random.Generator) -> bytes:
    """End the file early."""
    end = min(len(content), _HEADER_BYTES) if random.random() < 0.5 else len(content)
    return content[: random.integers(0, end)]


def lie_about_length(content: bytes, random: np.random.Generator) -> bytes:
    """Put an extreme number where a length may stand."""
    mutated = bytearray(content)
    end = min(len(mutated), _HEADER_BYTES) - 4
    for _ in range(random.integers(1, 4)):
        at = int(random.integers(132 if end > 132 else 0, max(end, 1) + 132 if end < 132 else end))
        mutated[at : at + 4] = struct.pack("<I", _LYING_LENGTHS[random.integers(6)])
    return bytes(mutated)


def lie_about_size(content: bytes, random: np.random.Generator) -> bytes:
    """Claim other rows, columns or numbers of frames (explicit or implicit little endian)."""
    mutated = bytearray(content)
    for tag in (_ROWS, _COLUMNS):
        at = content.find(tag)
        if at >= 0 and random.random() < 0.7:
            size = int(random.choice([0, 1, 7, 8192, 30000, 65535]))
            mutated[at + 8 : at + 10] = struct.pack("<H", size)
    at = content.find(_FRAMES)
    if at >= 0:
        digits = len(content[at + 8 : at + 8 + content[at + 6]])
        mutated[at + 8 : at + 8 + digits] = b"9" * digits
    return bytes(mutated)


def repeat_chunk(content: bytes, random: np.random.Generator) -> bytes:
    """Insert a copy of a stretch of the file somewhere else."""
    begin = int(random.integers(0, max(1, len(content) - 1)))
    chunk = content[begin : begin + int(random.integers(1, 2000))]
    at = int(random.integers(0, min(len(content), _HEADER_BYTES)))
    return content[:at] + chunk * int(random.integers(1, 50)) + content[at:]


MUTATIONS = (flip_bits, cut, lie_about_length, lie_about_size, repeat_chunk)


def nested_sequences(depth: int) -> bytes:
    """A file whose sequences hold each other `depth` times."""
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return _file(ExplicitVRLittleEndian) + (opening + item) * depth


def deflated_bomb(inflated_bytes: int) -> bytes:
    """A deflated file of few bytes whose data set is enormous."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    length = min(inflated_bytes, 0xFFFFFFFE)
    element = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, length)
    parts = [_file(DeflatedExplicitVRLittleEndian), deflater.compress(element)]
    parts += [deflater.compress(bytes(2**20)) for _ in range(inflated_bytes >> 20)]
    return b"".join([*parts, deflater.flush()])


def zip_bomb(inflated_bytes: int) -> bytes:
    """An archive of few bytes that holds one enormous file."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("zeros", "w", force_zip64=True) as member,
    ):
        for _ in range(inflated_bytes >> 20):
            member.write(bytes(2**20))
    return stream.getvalue()


def _file(transfer_syntax: str) -> bytes:
    """Preamble and file meta, with nothing behind them."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "2.25.1"
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    content = stream.getvalue()
    meta_bytes = struct.unpack("<I", content[140:144])[0]
    return content[: 144 + meta_bytes]
