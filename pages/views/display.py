"""How slices are shown: window, opacity of masks, size; chosen once for all pages."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation
from core.dicom.series import Series, Window
from core.display.grey import to_grey
from core.display.mask_opacity import MASK_OPACITY, OTHERS_SHARE, PROPOSED_SHARE
from core.display.picture import Layer, draw_slice, picture_size, png
from core.display.windows import CUSTOM, window_choices
from core.segments.segment import Segment
from pages.session.widget_keys import forget_shown, keep_shown, shown_last

SIZES = (448, 512, 576, 640, 704, 768, 896, 1024)
"""Picture pixels of the longer side of a slice."""

_FIRST_SIZE = 640
"""Leaves room for the tools beside it on a screen of 1,360 pixels."""


@dataclass(frozen=True)
class Display:
    """How slices are shown.

    Attributes
    ----------
    window : Window
        Range of modality values from black to white.
    opacity : float
        Of the filling of masks, 0 to 1.
    longest : int
        Picture pixels of the longer side.
    """

    window: Window
    opacity: float
    longest: int


def display_settings(series: Series) -> Display:
    """Let the person choose how slices are shown.

    Parameters
    ----------
    series : Series
        With its pixels.

    Returns
    -------
    Display
        As chosen, now or on another page.
    """
    choices = window_choices(series)
    names = [*choices, CUSTOM]
    if shown_last("window", names[0]) not in names:
        forget_shown("window")
    first = names.index(shown_last("window", names[0]))
    name = keep_shown("window", st.selectbox("Window", names, index=first, key="window"))
    window = choices.get(name) or _custom_window(choices[names[0]])
    percent = shown_last("opacity", round(100 * MASK_OPACITY))
    opacity = keep_shown(
        "opacity", st.slider("Mask opacity", 0, 100, percent, key="opacity", format="%d%%")
    )
    side = shown_last("size", _FIRST_SIZE)
    longest = keep_shown("size", st.select_slider("Image size", SIZES, side, key="size"))
    return Display(window, opacity / 100, longest)


def preset_display(series: Series) -> Display:
    """Let the person choose among the windows of a series by one click; the rest is as it was.

    Parameters
    ----------
    series : Series
        With its pixels.
    """
    choices = window_choices(series)
    names = list(choices)
    last = shown_last("window", names[0])
    name = st.pills(
        "Window",
        names,
        default=last if last in names else names[0],
        key="window-preset",
        label_visibility="collapsed",
    )
    chosen = keep_shown("window", name or names[0])
    percent = shown_last("opacity", round(100 * MASK_OPACITY))
    return Display(choices[chosen], percent / 100, shown_last("size", _FIRST_SIZE))


def slice_size(series: Series, display: Display) -> tuple[int, int]:
    """Width and height in picture pixels at which slices of a series are shown."""
    summary = series.summary
    return picture_size(summary.rows, summary.columns, summary.pixel_spacing, display.longest)


def slice_png(
    series: Series,
    slice_index: int,
    segments: list[Segment],
    annotations: Mapping[tuple[int, int], SliceAnnotation],
    active: int | None,
    display: Display,
) -> bytes:
    """Picture of a slice with all its masks, the active segment on top.

    Parameters
    ----------
    series : Series
        With its pixels.
    slice_index : int
        Counted from 0 along the normal.
    segments : list of Segment
        Those to show.
    annotations : mapping of (int, int) to SliceAnnotation
        By segment number and slice index.
    active : int or None
        Number of the segment being worked on.
    display : Display
        How to show it.

    Returns
    -------
    bytes
        PNG.
    """
    layers = []
    for segment in sorted(segments, key=lambda segment: segment.number == active):
        annotation = annotations.get((segment.number, slice_index))
        if annotation is None or not annotation.pixels:
            continue
        proposed = annotation.state is SliceState.PROPOSED
        share = PROPOSED_SHARE if proposed else 1.0
        share *= 1.0 if segment.number == active else OTHERS_SHARE
        layers.append(Layer(annotation.mask, segment.color, display.opacity * share, proposed))
    grey = to_grey(series.volume[slice_index], display.window, inverted=series.inverted)
    letters = series.geometry.orientation_letters
    return png(draw_slice(grey, slice_size(series, display), layers, letters))


def _custom_window(first: Window) -> Window:
    level, width = st.columns(2)
    center = level.number_input(
        "Level", value=shown_last("level", first.center), step=10.0, key="level"
    )
    wide = width.number_input(
        "Width", min_value=1.0, value=shown_last("width", first.width), step=10.0, key="width"
    )
    keep_shown("level", center)
    keep_shown("width", wide)
    return Window(float(center), float(wide), CUSTOM)
