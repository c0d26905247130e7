import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pages.simple_canvas.strokes import DrawingError, apply_drawing, is_untouched
from tests.support.canvas_drawings import ADD, ERASE, line, path, polygon

SIZE = (96, 128)
BLANK = np.zeros(SIZE, dtype=np.bool_)


def draw(*objects: dict, base: NDArray[np.bool_] = BLANK, **more: Any) -> NDArray[np.bool_]:
    return apply_drawing(base, {"version": "7.4.0", "objects": list(objects)}, **more)


def scribble(rng: np.random.Generator, size: tuple[float, float], points: int) -> list[list]:
    """Commands of a stroke through random points, smoothed as the canvas does it."""
    steps = np.cumsum(rng.normal(0, 9, (points, 2)), axis=0) + np.array(size) * rng.random(2)
    commands: list[list] = [["M", *steps[0]]]
    for here, there in pairwise(steps[1:]):
        commands.append(["Q", *here, *((here + there) / 2)])
    commands.append(["L", *steps[-1]])
    return [[name, *map(float, numbers)] for name, *numbers in commands]


def outline(commands: list[list]) -> NDArray[np.float64]:
    """Points along a stroke, dense enough to stand for it."""
    points = [np.array(commands[0][1:])]
    t = np.linspace(0, 1, 65)[1:, np.newaxis]
    for name, *numbers in commands[1:]:
        start, end = points[-1], np.array(numbers[-2:])
        middle = np.array(numbers[:2]) if name == "Q" else (start + end) / 2
        points.extend((1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end)
    return np.array(points)


def distances(commands: list[list], shape: tuple[int, int], scale: tuple[float, float]) -> Any:
    """Distance of each pixel's centre from a stroke, in canvas pixels, piece by piece."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    centres = np.stack([columns * scale[0], rows * scale[1]], axis=-1)
    nearest = np.full(shape, np.inf)
    points = outline(commands)
    for start, end in pairwise(points):
        piece = end - start
        length = piece @ piece
        along = np.clip((centres - start) @ piece / length, 0, 1) if length else np.zeros(shape)
        apart = centres - start - along[..., np.newaxis] * piece
        nearest = np.minimum(nearest, np.hypot(apart[..., 0], apart[..., 1]))
    return nearest


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


class TestStroke:
    @pytest.mark.parametrize("scale", [(1.0, 1.0), (2.5, 2.5), (0.5, 0.5), (4.0, 2.6)])
    @pytest.mark.parametrize("width", [3.0, 12.0, 40.0])
    def test_covers_exactly_the_pixels_within_half_its_width(
        self, scale: tuple[float, float], width: float
    ) -> None:
        rng = np.random.default_rng(1)
        canvas = (SIZE[1] * scale[0], SIZE[0] * scale[1])
        for _ in range(2):
            commands = scribble(rng, canvas, 8)
            apart = distances(commands, SIZE, scale)
            drawn = draw(path(*commands, width=width), scale=scale)
            # A curve is flattened to 0.02 canvas pixels; nothing else may differ.
            assert drawn[apart <= width / 2 - 0.02].all()
            assert not drawn[apart >= width / 2 + 0.02].any()

    def test_agrees_with_a_supersampled_rendering(self) -> None:
        rng = np.random.default_rng(2)
        finer = 16
        for width in (9, 20):
            commands = scribble(rng, (SIZE[1], SIZE[0]), 10)
            image = Image.new("L", (SIZE[1] * finer, SIZE[0] * finer))
            pen = ImageDraw.Draw(image)
            radius = width * finer / 2
            for x, y in outline(commands) * finer:
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
            parts = np.asarray(image).reshape(SIZE[0], finer, SIZE[1], finer)
            rendered = parts.mean(axis=(1, 3)) >= 0.5
            drawn = draw(path(*commands, width=width))
            assert drawn.any()
            assert dice(drawn, rendered) > 0.99

    def test_of_one_click_is_a_disc(self) -> None:
        # The canvas makes a click a line of a thousandth of the width.
        drawn = draw(line(40.49, 30.5, 40.51, 30.5, width=10))
        rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
        assert np.array_equal(drawn, (rows - 30) ** 2 + (columns - 40) ** 2 <= 25)

    def test_may_be_a_single_point(self) -> None:
        assert np.array_equal(draw(path(["M", 40.5, 30.5])), draw(line(40.5, 30.5, 40.5, 30.5)))

    def test_on_the_line_between_pixels_covers_them_evenly(self) -> None:
        drawn = draw(line(10, 20, 50, 20, width=2))
        assert np.array_equal(np.flatnonzero(drawn.any(axis=1)), [19, 20])

    @pytest.mark.parametrize("place", [(40.0, 30.0), (40.5, 30.5), (40.2, 30.9)])
    @pytest.mark.parametrize("scale", [1.0, 3.0])
    def test_thinner_than_a_pixel_never_leaves_nothing(
        self, place: tuple[float, float], scale: float
    ) -> None:
        x, y = place[0] * scale, place[1] * scale
        drawn = draw(line(x, y, x + 0.01, y, width=0.1), scale=scale)
        assert drawn[int(place[1]), int(place[0])]
        assert drawn.sum() <= 4

    def test_outside_the_image_covers_nothing(self) -> None:
        assert not draw(line(-60, -60, -20, -90), line(5000, 10, 6000, 10)).any()

    def test_across_the_edge_is_cut_off(self) -> None:
        drawn = draw(line(-50, 48, 500, 48, width=10))
        assert drawn[43:53].all()
        assert drawn.sum() == 10 * SIZE[1]

    def test_closed_by_the_path_is_closed(self) -> None:
        corners = (["M", 20, 20], ["L", 80, 20], ["L", 80, 70])
        closed = draw(path(*corners, ["Z"]))
        assert np.array_equal(closed, draw(path(*corners, ["L", 20, 20])))

    def test_with_several_parts_does_not_join_them(self) -> None:
        parts = draw(path(["M", 10, 10], ["L", 20, 10], ["M", 90, 80], ["L", 100, 80]))
        assert np.array_equal(parts, draw(line(10, 10, 20, 10), line(90, 80, 100, 80)))

    def test_round_on_the_screen_is_oval_on_pixels_that_are_not_square(self) -> None:
        drawn = draw(line(200, 120, 200, 120, width=40), scale=(5.0, 2.0))
        assert np.count_nonzero(drawn.any(axis=1)) == 20
        assert np.count_nonzero(drawn.any(axis=0)) == 8


class TestPolygon:
    def test_covers_the_pixels_whose_centre_lies_inside(self) -> None:
        drawn = draw(polygon((10, 20), (30, 20), (30, 50), (10, 50)))
        expected = BLANK.copy()
        expected[20:50, 10:30] = True
        assert np.array_equal(drawn, expected)

    def test_agrees_with_a_supersampled_rendering(self) -> None:
        rng = np.random.default_rng(3)
        finer = 16
        for _ in range(5):
            angles = np.sort(rng.random(9)) * 2 * math.pi
            reach = 20 + 25 * rng.random(9)
            corners = [
                (64 + r * math.cos(a), 48 + r * math.sin(a))
                for r, a in zip(reach, angles, strict=True)
            ]
            image = Image.new("L", (SIZE[1] * finer, SIZE[0] * finer))
            ImageDraw.Draw(image).polygon([(x * finer, y * finer) for x, y in corners], fill=1)
            parts = np.asarray(image).reshape(SIZE[0], finer, SIZE[1], finer)
            assert dice(draw(polygon(*corners)), parts.mean(axis=(1, 3)) >= 0.5) > 0.99

    def test_follows_the_winding_rule_of_the_canvas_where_it_crosses_itself(self) -> None:
        star = [
            (64 + 40 * math.sin(turn), 48 - 40 * math.cos(turn))
            for turn in (4 * math.pi * corner / 5 for corner in range(5))
        ]
        assert draw(polygon(*star))[48, 64]

    @pytest.mark.parametrize("scale", [(1.0, 1.0), (3.0, 1.5)])
    def test_next_to_another_neither_overlaps_nor_leaves_a_gap(
        self, scale: tuple[float, float]
    ) -> None:
        rng = np.random.default_rng(4)
        width, height = SIZE[1] * scale[0], SIZE[0] * scale[1]
        for _ in range(20):
            x, y = (float(place) for place in rng.integers(0, (int(width), int(height))))
            around = [(0, 0), (width, 0), (width, height), (0, height), (0, 0)]
            triangles = [
                draw(polygon((x, y), one, other), scale=scale)
                for one, other in pairwise(around)
                if (x - one[0]) * (y - other[1]) != (x - other[0]) * (y - one[1])
            ]
            assert np.array_equal(np.sum(triangles, axis=0), np.ones(SIZE))

    def test_too_thin_to_hold_a_centre_covers_its_outline(self) -> None:
        assert draw(polygon((20, 20.1), (40, 20.1), (40, 20.2)))[20, 20:40].all()

    def test_counts_once_it_is_closed(self) -> None:
        # While it is open, the canvas holds it as a path with a fill, which strokes never have.
        corners = (["M", 20, 20], ["L", 80, 20], ["L", 80, 70])
        assert not draw(path(*corners, fill="#00ff0080")).any()
        assert draw(path(*corners, fill=None)).any()

    def test_partly_outside_is_cut_off(self) -> None:
        assert draw(polygon((-500, -500), (900, -500), (900, 900), (-500, 900))).all()


class TestOrder:
    def test_brush_adds_and_eraser_removes_in_the_order_drawn(self) -> None:
        broad = line(20, 48, 100, 48, width=30)
        erased = line(60, 48, 60, 48, width=20, stroke=ERASE)
        again = line(60, 48, 60, 48, width=6)
        drawn = draw(broad, erased, again, erase_color=ERASE)
        expected = (draw(broad) & ~draw(line(60, 48, 60, 48, width=20))) | draw(again)
        assert np.array_equal(drawn, expected)
        assert not np.array_equal(draw(erased, broad, erase_color=ERASE), drawn)

    def test_a_polygon_in_the_colour_of_the_eraser_removes(self) -> None:
        hole = polygon((40, 40), (60, 40), (60, 60), (40, 60), stroke=ERASE.upper())
        drawn = draw(hole, base=~BLANK, erase_color=ERASE)
        assert np.count_nonzero(~drawn) == 400

    def test_without_an_eraser_every_colour_adds(self) -> None:
        assert draw(line(20, 48, 100, 48, stroke=ERASE)).any()

    def test_what_was_there_before_stays_and_is_not_changed_in_place(self) -> None:
        base = BLANK.copy()
        base[0, 0] = True
        drawn = draw(line(60, 48, 60, 48), base=base)
        assert drawn[0, 0] and drawn[48, 60]
        assert base.sum() == 1

    def test_an_untouched_canvas_changes_nothing(self) -> None:
        nothings: tuple[dict[str, Any] | None, ...] = (None, {"objects": []}, {})
        for nothing in nothings:
            assert np.array_equal(apply_drawing(~BLANK, nothing), ~BLANK)
            assert is_untouched(nothing)
        assert not is_untouched({"objects": [line(1, 1, 2, 2)]})


class TestMovedAfterwards:
    """The canvas lets people move, stretch and turn what they drew."""

    stroke = (["M", 40, 30], ["Q", 70, 20, 60, 50], ["L", 45, 60])

    def middle(self, **more: Any) -> dict[str, Any]:
        """Position that Fabric.js gives this stroke."""
        # The bounding box of the curve as a cubic one with equal control points: by hand, from
        # x(t) = 40 (1−t)³ + 210 t (1−t) + 60 t³ and y(t) = 30 (1−t)³ + 60 t (1−t) + 50 t³.
        t = np.linspace(0, 1, 100001)
        x = 40 * (1 - t) ** 3 + 210 * t * (1 - t) + 60 * t**3
        y = 30 * (1 - t) ** 3 + 60 * t * (1 - t) + 50 * t**3
        x, y = np.append(x, 45), np.append(y, 60)
        left, top = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        return {"left": left, "top": top, "originX": "center", "originY": "center"} | more

    def test_unmoved_it_lies_where_it_was_drawn(self) -> None:
        placed = path(*self.stroke, **self.middle(), scaleX=1, scaleY=1, angle=0)
        assert np.array_equal(draw(placed), draw(path(*self.stroke)))

    def test_a_position_given_by_the_corner_includes_half_the_width(self) -> None:
        square = ((20, 20), (60, 20), (60, 50), (20, 50))
        corner = polygon(*square, left=19, top=19, originX="left", originY="top", strokeWidth=2)
        assert np.array_equal(draw(corner), draw(polygon(*square)))

    def test_moved_it_moves(self) -> None:
        middle = self.middle()
        moved = path(*self.stroke, **middle | {"left": middle["left"] + 20})
        expected = np.roll(draw(path(*self.stroke)), 20, axis=1)
        assert np.array_equal(draw(moved), expected)

    def test_turned_it_turns_about_its_middle(self) -> None:
        upright = line(60, 20, 60, 60, left=60, top=40)
        turned = line(60, 20, 60, 60, left=60, top=40, angle=90)
        assert np.array_equal(draw(turned), draw(line(40, 40, 80, 40)))
        assert not np.array_equal(draw(turned), draw(upright))

    def test_turned_clockwise_on_the_screen(self) -> None:
        arrow = ["M", 60, 40], ["L", 80, 40], ["M", 40, 40], ["L", 41, 40]
        turned = draw(path(*arrow, left=60, top=40, angle=90, width=4))
        assert turned[55, 59] and not turned[26, 59]

    def test_stretched_its_width_stretches_along(self) -> None:
        stretched = draw(line(60, 40, 60, 40, width=10, left=60, top=40, scaleX=3, scaleY=2))
        rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
        oval = ((columns - 60) / 15) ** 2 + ((rows - 40) / 10) ** 2 <= 1
        assert np.array_equal(stretched, oval)

    def test_stretched_with_a_uniform_stroke_it_keeps_its_width(self) -> None:
        stretched = line(50, 40, 70, 40, left=60, top=40, scaleX=2, strokeUniform=True)
        assert np.array_equal(draw(stretched), draw(line(40, 40, 80, 40)))

    def test_stretched_and_turned_it_is_stretched_first(self) -> None:
        corners = (55, 35), (65, 35), (65, 45), (55, 45)
        placed = polygon(*corners, left=60, top=40, scaleX=4, angle=90)
        expected = polygon((55, 20), (65, 20), (65, 60), (55, 60))
        assert np.array_equal(draw(placed), draw(expected))

    def test_flipped_it_is_mirrored(self) -> None:
        corners = (40, 20), (80, 20), (80, 60)
        mirrored = polygon(*corners, left=60, top=40, flipX=True)
        assert np.array_equal(draw(mirrored), draw(polygon((80, 20), (40, 20), (40, 60))))

    def test_skewed_it_leans(self) -> None:
        corners = (40, 20), (80, 20), (80, 60), (40, 60)
        leaning = polygon(*corners, left=60, top=40, skewX=45)
        expected = polygon((20, 20), (60, 20), (100, 60), (60, 60))
        assert np.array_equal(draw(leaning), draw(expected))

    def test_squeezed_to_nothing_it_covers_nothing(self) -> None:
        assert not draw(line(20, 20, 60, 20, scaleX=0)).any()


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["M", "L", "Q", "Z", "Path", "Polygon", "left", ""])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["objects", "type", "path", "points", "x", "y", "stroke"]), inner
        )
    ),
    max_leaves=12,
)
numbers = st.floats(-1e7, 1e7) | st.integers(-300, 300) | anything
commands = st.one_of(
    st.tuples(st.just("M"), numbers, numbers),
    st.tuples(st.just("L"), numbers, numbers),
    st.tuples(st.just("Q"), numbers, numbers, numbers, numbers),
    st.tuples(st.sampled_from(["Z", "z", "C", "A"])),
).map(list)
almost_objects = st.fixed_dictionaries(
    {"type": st.sampled_from(["Path", "Polygon", "path", "Rect"])},
    optional={
        "path": st.lists(commands, max_size=6) | anything,
        "points": st.lists(st.fixed_dictionaries({"x": numbers, "y": numbers}), max_size=6)
        | anything,
        "stroke": st.sampled_from([ADD, ERASE]) | anything,
        **dict.fromkeys(("strokeWidth", "left", "top", "scaleX", "scaleY"), numbers),
        **dict.fromkeys(("angle", "skewX", "skewY"), numbers),
        **dict.fromkeys(("originX", "originY", "flipX", "strokeUniform"), anything),
    },
)


class TestHostileDrawings:
    @settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(st.fixed_dictionaries({"objects": st.lists(almost_objects, max_size=3)}) | anything)
    @example({"objects": [line(0, 0, 1, 1, originX=["left"])]})
    @example({"objects": [line(0, 0, 1, 1, scaleX=1e-5, scaleY=1e5)]})
    @example({"objects": [line(0, 0, 1, 1, angle=10**400)]})
    def test_are_drawn_or_refused_but_nothing_else(self, drawing: Any) -> None:
        try:
            drawn = apply_drawing(BLANK, drawing, erase_color=ERASE)
        except DrawingError:
            return
        assert drawn.shape == SIZE
        assert drawn.dtype == np.bool_

    @pytest.mark.parametrize(
        "drawing",
        [
            {"objects": [path(["M", 0, 0], *[["L", 99, 99]] * 200_001)]},
            {"objects": [path(["M", 0, 0], *[["Q", 1e6, -1e6, 0, 1]] * 199, scaleX=1e6)]},
            {"objects": [polygon(*[(0, 0)] * 200_000)]},
            {"objects": [path(["M", 0, 0], *[["L", 50, 2e3], ["L", 50, 0]] * 15_000)]},
            {"objects": [polygon(*[(0, 0), (50, 2e3)] * 15_000)]},
            {"objects": [polygon((0, 0), (2e3, 0), (2e3, 2e3))] * 500},
        ],
        ids=["points", "curves", "corners", "long strokes", "long edges", "large polygons"],
    )
    def test_that_would_take_for_ever_are_refused(self, drawing: dict) -> None:
        with pytest.raises(DrawingError, match=r"too many|too large"):
            apply_drawing(np.zeros((2048, 2048), dtype=np.bool_), drawing)

    @pytest.mark.parametrize("scale", [0, -1.0, math.nan, (1.0, 0.0)])
    def test_a_scale_that_is_none_is_refused(self, scale: Any) -> None:
        with pytest.raises(ValueError, match="scale"):
            draw(scale=scale)
