"""How much a file may cost: limits on what it declares, from its size and from stated maxima.

A number in a header costs a few bytes, and what is allocated for it may be gigabytes. Everything
that files declare is therefore compared with these limits before memory is taken for it: frames,
pixels, components, sequence items, bytes behind a compression, entries of an archive.
"""

MAX_FRAME_PIXELS = 2**26
"""Largest slice that is opened: 8192 × 8192, more than any detector has."""

MAX_SAMPLES = 4
"""Most samples of one pixel: three colours and their transparency."""

MAX_FRAMES = 2**16
"""Most frames of one file."""

MAX_VOLUME_VOXELS = 2**32
"""Largest volume that is opened: 16,384 slices of 512 × 512."""

MAX_INFLATED_BYTES = 2**28
"""Largest size that a deflated data set may inflate to."""

MAX_SEQUENCE_ITEMS = 2**18
"""Most items of all sequences of one file: those of more than 30,000 frames of a segmentation."""

MAX_VALUE_BYTES = 2**21
"""Longest value that is taken apart into numbers or texts, which take a hundred times as much."""

MAX_ARCHIVE_ENTRIES = 100_000
"""Most entries of a zip archive, and most files of one upload."""

MAX_UPLOAD_BYTES = 16 * 2**30
"""Largest upload, unpacked."""

# A file may cost this much whatever its size.
_FREE_VOXELS = 2**26
_FREE_BYTES = 2**26
_FREE_ITEMS = 10_000

# Beyond that, what an honest file holds at the least for each voxel, byte and item. Deflate reaches
# about 1000:1 on nothing but zeros, so a label map of single bytes with one small segment nearly
# does; images with a blank background reach 50:1. A header takes hundreds of bytes for each slice.
_VOXELS_PER_BYTE = 2000
_UNPACKED_PER_BYTE = 200
_DATA_SET_PER_BYTE = 600
_BYTES_PER_ITEM = 24

# What decoding one frame may take: the codecs hold each sample as 32 bits, several times over.
_DECODING_BYTES = 2**27
_DECODING_BYTES_PER_SAMPLE = 32
_DECODING_SECONDS = 15.0
_DECODING_SECONDS_PER_SAMPLE = 5e-7


def voxel_limit(file_bytes: int) -> int:
    """Return how many voxels files of this size together may declare."""
    return min(MAX_VOLUME_VOXELS, max(_FREE_VOXELS, file_bytes * _VOXELS_PER_BYTE))


def inflation_limit(compressed_bytes: int) -> int:
    """Return how many bytes an archive of this size may unpack to."""
    return max(_FREE_BYTES, compressed_bytes * _UNPACKED_PER_BYTE)


def data_set_limit(compressed_bytes: int) -> int:
    """Return how many bytes a deflated data set of this size may become."""
    return min(MAX_INFLATED_BYTES, max(_FREE_BYTES, compressed_bytes * _DATA_SET_PER_BYTE))


def item_limit(header_bytes: int) -> int:
    """Return how many sequence items this many bytes of a file may hold."""
    return min(MAX_SEQUENCE_ITEMS, _FREE_ITEMS + header_bytes // _BYTES_PER_ITEM)


def decoding_bytes(samples: int) -> int:
    """Return how much memory a decoder may take for a frame of so many samples."""
    return _DECODING_BYTES + samples * _DECODING_BYTES_PER_SAMPLE


def decoding_seconds(samples: int) -> float:
    """Return how long a decoder may take for a frame of so many samples."""
    return _DECODING_SECONDS + samples * _DECODING_SECONDS_PER_SAMPLE
