"""What the editor's JavaScript computes, computed here: both must agree with the same vectors."""

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import flood

from core.annotation.actions import save_drawing
from core.annotation.records import MaskChange
from core.annotation.run_length import decode_runs, encode_runs
from core.annotation.states import SliceState, describe_states
from core.annotation.store import AnnotationStore
from core.dicom.series import Window
from core.display.grey import to_grey
from core.home.settings import default_url
from core.segments.overlap_rules import OverlapRule
from pages.simple_canvas.rasters import cover_by_polygon, cover_by_stroke
from pages.slice_editor.pixels import Scale, pack
from tests.support.segments import LIVER_SEGMENT

VECTORS = Path(__file__).parent / "vectors"
MOST_WORK = 10**6


def vectors(name: str) -> list[Any]:
    """Vectors of one file, each with a name of its own."""
    return [
        pytest.param(one, id=one["name"])
        for one in json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    ]


def mask_of(rows: list[str]) -> NDArray[np.bool_]:
    """Mask of rows such as "..##."."""
    return np.array([[pixel == "#" for pixel in row] for row in rows])


@pytest.mark.parametrize("vector", vectors("runs"))
def test_masks_have_these_codes(vector: dict[str, Any]) -> None:
    mask = mask_of(vector["mask"])
    code = base64.b64decode(vector["code"])
    assert encode_runs(mask) == code
    assert (decode_runs(code, mask.shape) == mask).all()


@pytest.mark.parametrize("vector", vectors("bad_runs"))
def test_these_codes_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_runs(base64.b64decode(vector["code"]), tuple(vector["shape"]))


@pytest.mark.parametrize("vector", vectors("strokes"))
def test_strokes_cover_these_pixels(vector: dict[str, Any]) -> None:
    expected = mask_of(vector["mask"])
    width, height = vector["pixel_size"]
    matrix = np.array([[width, 0, width / 2], [0, height, height / 2]])
    line = np.array(vector["points"], dtype=float) * (width, height)
    cover = cover_by_stroke([line], vector["radius"], matrix, expected.shape, most_work=MOST_WORK)
    mask = np.zeros_like(expected)
    mask[cover.first_row : cover.first_row + len(cover.pixels)] = cover.pixels
    assert (mask == expected).all()


@pytest.mark.parametrize("vector", vectors("polygons"))
def test_polygons_cover_these_pixels(vector: dict[str, Any]) -> None:
    expected = mask_of(vector["mask"])
    matrix = np.array([[1, 0, 0.5], [0, 1, 0.5]])
    corners = np.array(vector["corners"], dtype=float)
    cover = cover_by_polygon(corners, matrix, expected.shape, most_work=MOST_WORK)
    mask = np.zeros_like(expected)
    mask[cover.first_row : cover.first_row + len(cover.pixels)] = cover.pixels
    assert (mask == expected).all()


@pytest.mark.parametrize("vector", vectors("regions"))
def test_masks_turn_into_these(vector: dict[str, Any]) -> None:
    mask = mask_of(vector["mask"])
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=2)[1:]
    assert (ndimage.binary_dilation(mask) == mask_of(vector["grown"])).all()
    assert (ndimage.binary_erosion(mask, border_value=1) == mask_of(vector["shrunk"])).all()
    assert (ndimage.binary_fill_holes(mask) == mask_of(vector["filled"])).all()
    assert ((parts == np.argmax(sizes) + 1) == mask_of(vector["largest"])).all()


@pytest.mark.parametrize("vector", vectors("overlaps"))
def test_drawings_and_other_segments_share_these_pixels(
    vector: dict[str, Any], tmp_path: Path
) -> None:
    store = AnnotationStore(default_url(tmp_path))
    masks = [mask_of(vector["before"]), *(mask_of(one["mask"]) for one in vector["others"])]
    store.open_annotation("1.2", ["1.2.3"], *masks[0].shape)
    rules = [one["overlap"] for one in (vector, *vector["others"])]
    for number, (rule, mask) in enumerate(zip(rules, masks, strict=True), start=1):
        segment = replace(LIVER_SEGMENT, number=number, overlap=OverlapRule(rule))
        store.save_segment("1.2", segment, "anna")
        change = MaskChange(number, 0, mask, SliceState.DRAWN, 0)
        store.put_many("1.2", [change], "anna", "brush", "draw")
    locked = [number for number, one in enumerate(vector["others"], start=2) if one["locked"]]
    drawn = mask_of(vector["drawn"])
    save_drawing(store, "1.2", 1, 0, drawn, person="anna", tool="brush", locked=locked)
    left = [store.slice("1.2", number, 0).mask for number in range(1, len(rules) + 1)]
    store.close()
    expected = [mask_of(vector["mask"]), *(mask_of(one["left"]) for one in vector["others"])]
    assert np.array_equal(left, expected)


@pytest.mark.parametrize("vector", vectors("floods"))
def test_connected_pixels_with_similar_values_are_these(vector: dict[str, Any]) -> None:
    values = np.array(vector["values"])
    found = flood(values, tuple(vector["seed"]), connectivity=1, tolerance=vector["tolerance"])
    assert (found == mask_of(vector["mask"])).all()


@pytest.mark.parametrize("vector", vectors("figures"))
def test_values_under_a_mask_have_this_mean_and_deviation(vector: dict[str, Any]) -> None:
    mask = mask_of(vector["mask"])
    numbers = np.array(vector["numbers"], dtype=float).reshape(mask.shape)
    values = (vector["scale"]["offset"] + vector["scale"]["slope"] * numbers)[mask]
    assert values.mean() == pytest.approx(vector["mean"])
    assert values.std() == pytest.approx(vector["deviation"])


@pytest.mark.parametrize("vector", vectors("pixels"))
def test_slices_are_sent_as_these_bytes(vector: dict[str, Any]) -> None:
    numbers = np.array(vector["numbers"]).reshape(vector["shape"])
    packed = pack(numbers, Scale(offset=0.0, slope=1.0))
    differences = zlib.decompress(packed, -zlib.MAX_WBITS)
    assert differences == zlib.decompress(base64.b64decode(vector["packed"]), -zlib.MAX_WBITS)


@pytest.mark.parametrize("vector", vectors("greys"))
def test_windows_give_these_greys(vector: dict[str, Any]) -> None:
    scale = vector["scale"]
    values = np.array([vector["numbers"]]) * scale["slope"] + scale["offset"]
    values = values.astype(np.int32 if scale["counted"] else np.float32)
    window = Window(vector["window"]["center"], vector["window"]["width"], "")
    assert to_grey(values, window, inverted=scale["inverted"]).tolist() == [vector["greys"]]


def test_states_are_described_as_these() -> None:
    text = (VECTORS / "states.json").read_text(encoding="utf-8")
    assert json.loads(text) == describe_states()
