import dataclasses
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.states import STATE_COLORS
from core.segments.palette import COLORS, PALETTE
from core.segments.segment import Code, Segment, default_color, distinct_names
from tests.support.segments import ANATOMY, LIVER
from tests.support.stored_series import segment

# Viénot, Brettel and Mollon, "Digital video colourmaps for checking the legibility of displays by
# dichromats", Color Research and Application 24 (1999); tritanopia from Machado, Oliveira and
# Fernandes, "A physiologically-based model for simulation of color vision deficiency" (2009).
# All act on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]
    ),
    "deuteranopia": np.array(
        [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def lab(color: tuple[int, int, int], vision: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB of an sRGB colour as it looks to a person (IEC 61966-2-1, CIE 15, white D65)."""
    srgb = np.array(color) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(vision @ linear, 0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ seen / to_xyz.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_colour_blind_people_can_tell_the_palette_apart(vision: str) -> None:
    distances = {
        (one, other): np.linalg.norm(lab(one, VISION[vision]) - lab(other, VISION[vision]))
        for one, other in combinations(PALETTE, 2)
    }
    # A difference of 2.3 is just noticeable.
    assert min(distances.values()) > 15, min(distances, key=lambda pair: distances[pair])


def test_the_palette_stands_out_from_the_greys_of_a_scan() -> None:
    for color in PALETTE:
        chroma = np.linalg.norm(lab(color, VISION["normal"])[1:])
        assert chroma > 20, color


@pytest.mark.parametrize("vision", VISION)
def test_fifty_segments_have_colours_that_differ(vision: str) -> None:
    colors = [default_color(number) for number in range(1, 51)]
    distances = {
        (one, other): np.linalg.norm(lab(one, VISION[vision]) - lab(other, VISION[vision]))
        for one, other in combinations(colors, 2)
    }
    least = 12 if vision == "normal" else 7
    assert min(distances.values()) > least, min(distances, key=lambda pair: distances[pair])


def test_the_first_segment_looks_unlike_every_state_of_a_slice() -> None:
    for color in STATE_COLORS.values():
        red, green, blue = bytes.fromhex(color.removeprefix("#"))
        first, state = (lab(one, VISION["normal"]) for one in (PALETTE[0], (red, green, blue)))
        assert np.linalg.norm(first - state) > 20, color


def test_new_segments_get_the_palette_first_and_no_colour_twice() -> None:
    found = [default_color(number) for number in range(1, len(COLORS) + 2)]
    assert found == [*COLORS, COLORS[0]]
    assert COLORS[: len(PALETTE)] == PALETTE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": 0}, "between 1 and 65535"),
        ({"number": 65536}, "between 1 and 65535"),
        ({"label": ""}, "blank"),
        ({"label": "  "}, "blank"),
        ({"label": "x" * 65}, "64 characters"),
        ({"label": "a\\b"}, "backslashes"),
        ({"label": "a\nb"}, "control characters"),
        ({"color": (0, 0, 256)}, "between 0 and 255"),
        ({"color": (-1, 0, 0)}, "between 0 and 255"),
        ({"color": (1, 2)}, "three numbers"),
    ],
)
def test_what_dicom_cannot_hold_is_refused(change: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dataclasses.replace(segment(1), **change)


@pytest.mark.parametrize("change", [{"value": ""}, {"scheme": "x" * 17}, {"meaning": "x" * 65}])
def test_codes_that_dicom_cannot_hold_are_refused(change: dict) -> None:
    with pytest.raises(ValueError, match="of a code"):
        dataclasses.replace(LIVER, **change)


def test_a_label_of_64_characters_of_any_script_is_kept() -> None:
    label = "肝" * 64
    assert Segment(1, label, (0, 0, 0), ANATOMY, Code("10200004", "SCT", "Liver")).label == label


def test_segments_of_the_same_name_are_told_apart_by_their_numbers() -> None:
    labels = ["Liver", "Lesion", "lesion", "Spleen"]
    segments = [
        dataclasses.replace(segment(number), label=label)
        for number, label in enumerate(labels, start=1)
    ]
    assert list(distinct_names(segments).values()) == [
        "Liver",
        "Lesion (2)",
        "lesion (3)",
        "Spleen",
    ]
