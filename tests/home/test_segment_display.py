"""Settings for the segments of a series, as JSON keeps them."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from core.home.segment_display import SegmentDisplay, segment_display

DISPLAY = SegmentDisplay((2,), (1, 3), 2, ((1, 0.25),), (3, 1))


def test_settings_come_back() -> None:
    assert segment_display(json.loads(json.dumps(asdict(DISPLAY)))) == DISPLAY
    assert segment_display(json.loads(json.dumps(asdict(SegmentDisplay())))) == SegmentDisplay()


@pytest.mark.parametrize(
    "change",
    [
        {"locked": [0]},
        {"locked": [1.0]},
        {"locked": ["1"]},
        {"locked": [True]},
        {"locked": 3},
        {"hidden": [65536]},
        {"hidden": None},
        {"solo": "1"},
        {"opacities": [[1, 1.5]]},
        {"opacities": [[1, float("nan")]]},
        {"opacities": [[1]]},
        {"opacities": [[1, 10**400]]},
        {"order": [-1]},
        {"order": list(range(1, 65536)) * 2},
    ],
)
def test_what_are_no_settings_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        segment_display(asdict(DISPLAY) | change)


def test_what_is_incomplete_is_refused() -> None:
    values: tuple[object, ...] = (None, [], {}, "x", {"locked": []})
    for value in values:
        with pytest.raises(ValueError, match=r".+"):
            segment_display(value)
