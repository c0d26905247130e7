"""A series made for benchmarks: one structure in noise."""

import numpy as np


def slanting_tube(slices: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a volume like a CT in Hounsfield units, int16, and the mask of its structure."""
    random = np.random.default_rng(2)
    rows, columns = np.mgrid[:side, :side]
    truth = np.stack(
        [
            np.hypot(rows - side / 2 - index / 2, columns - side / 3 - index / 3) < side / 12
            for index in range(slices)
        ]
    )
    noise = random.normal(0, 60, truth.shape)
    return (noise + np.where(truth, 120, 0)).astype(np.int16), truth
