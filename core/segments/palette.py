"""Colours of new segments."""

# Okabe and Ito's colours without black, which would not show on a scan; then those of a coarse grid
# of colours that lie farthest from all before them, for normal and for colour-blind vision alike.
PALETTE: tuple[tuple[int, int, int], ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (135, 15, 240),
    (195, 255, 165),
    (135, 60, 45),
    (150, 120, 255),
    (0, 255, 210),
)
"""Colours that colour-blind people can tell apart, in the order segments get them.

References
----------
M. Okabe and K. Ito, "Color Universal Design: how to make figures and presentations that are
friendly to colorblind people", 2008.
"""

# Found by adding, of a grid of colours, the one that lies farthest from all before it, where a
# distance in colour-blind vision counts 1.6 times: so many colours do not fit into it.
_FURTHER = (
    "b4a55a b40096 ff0069 ffb4a5 e1ff00 c30000 96ff78 f00ff0 ff78e1 b40f69 ffc3f0 9600c3 a5c34b "
    "f000c3 b4693c ff7896 4bd278 a53c4b 695a0f 694b96 69a52d b44b87 a54bb4 5a4bd2 c31eff e1ffc3 "
    "e1a5ff 78d2c3 2d87e1 78d22d a569a5 ff96b4 1e694b ffd200 96e1b4 a5fff0 d287ff 5a69e1 96d269 "
    "d2c3ff 00872d d2d296 ff0096 2de1e1 872db4 1eff3c 6900ff 87b478 78870f 69f05a c3e187 f04bc3 "
)

COLORS: tuple[tuple[int, int, int], ...] = (
    *PALETTE,
    *((int(one[:2], 16), int(one[2:4], 16), int(one[4:], 16)) for one in _FURTHER.split()),
)
"""The palette, and further colours for series with many segments."""
