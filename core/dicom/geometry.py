"""Where the pixels of a series lie in the patient.

Patient coordinates are DICOM's: x grows to the patient's Left, y to the Posterior, z to the Head
(LPS), in mm (PS3.3 C.7.6.2.1.1).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

# Components below this share of the direction are too small to be worth a letter on the screen.
_LETTER_THRESHOLD = 0.1

_GAP_FACTOR = 1.5

# Letters of the negative and the positive end of the x, y and z axis.
_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))


@dataclass(frozen=True, eq=False)
class Geometry:
    """Placement of a stack of parallel slices, patient coordinates LPS in mm.

    Parameters
    ----------
    row_direction, column_direction : numpy.ndarray, shape (3,)
        Unit vectors along which the column index and the row index grow: the first and the last
        three values of ImageOrientationPatient.
    positions : numpy.ndarray, shape (slices, 3)
        Centre of the first pixel of each slice (ImagePositionPatient), ordered along `normal`.
    pixel_spacing : tuple of float
        Distance between the centres of neighbouring rows, then of neighbouring columns, in mm.
    rows, columns : int
        Size of each slice in pixels.
    slice_thickness : float
        Nominal thickness in mm, which stands in for the spacing where there is one slice only.
    in_patient : bool
        False where the files give no position or no spacing, so that at least the distance between
        slices is made up (1 mm) and no volume in ml can be measured.
    has_pixel_size : bool
        False where the pixel spacing is made up as well (1 mm), so that no area can be measured.
    has_thickness : bool
        False where the files state no thickness, so that it is made up (1 mm).
    """

    row_direction: np.ndarray
    column_direction: np.ndarray
    positions: np.ndarray
    pixel_spacing: tuple[float, float]
    rows: int
    columns: int
    slice_thickness: float = 1.0
    in_patient: bool = True
    has_pixel_size: bool = True
    has_thickness: bool = True

    @cached_property
    def normal(self) -> np.ndarray:
        """Unit vector across the slices, along which the slice index grows, shape (3,)."""
        return plane_normal(self.row_direction, self.column_direction)

    @cached_property
    def slice_gaps(self) -> np.ndarray:
        """Distances along the normal between neighbouring slices in mm, shape (slices - 1,)."""
        return np.diff(self.positions @ self.normal)

    @property
    def measures_volume(self) -> bool:
        """Whether volumes in ml can be measured: of a single slice only where it is stated how
        thick that is.
        """
        return self.in_patient and not self.is_of_unknown_thickness

    @property
    def is_of_unknown_thickness(self) -> bool:
        """Whether this is a single slice that nothing states the thickness of."""
        return len(self.positions) == 1 and not self.has_thickness

    @property
    def slice_spacing(self) -> float:
        """Median distance between neighbouring slices in mm; thickness for a single slice."""
        return float(np.median(self.slice_gaps)) if len(self.slice_gaps) else self.slice_thickness

    @property
    def missing_slices(self) -> dict[int, int]:
        """How many slices seem to be missing after a slice, by its index; only where some are.

        A gap is one that is more than half again as wide as the median.
        """
        usual = self.slice_spacing
        return {
            index: max(1, round(gap / usual) - 1)
            for index, gap in enumerate(self.slice_gaps.tolist())
            if gap > _GAP_FACTOR * usual
        }

    @cached_property
    def slice_reach(self) -> np.ndarray:
        """How far each slice reaches down and up along the normal in mm, shape (slices, 2).

        Half the distance to the neighbour; beyond an end of the stack, as on the other side. A gap
        that tells of missing slices and is wider than those beside it belongs to no slice: its
        neighbours reach as far as on their other side.
        """
        gaps = self.slice_gaps
        if not len(gaps):
            return np.full((len(self.positions), 2), self.slice_thickness / 2)
        own = gaps.copy()
        for index in self.missing_slices:
            beside = np.concatenate([gaps[max(0, index - 1) : index], gaps[index + 1 : index + 2]])
            if len(beside) and gaps[index] > _GAP_FACTOR * beside.max():
                own[index] = np.nan
        down, up = np.append(own[0], own), np.append(own, own[-1])
        down, up = np.where(np.isnan(down), up, down), np.where(np.isnan(up), down, up)
        # A slice between two such gaps has no other side.
        return np.nan_to_num(np.stack([down, up], axis=1), nan=self.slice_spacing) / 2

    @property
    def off_even_grid(self) -> float:
        """Largest distance in mm of a slice from its place in the grid of `affine`."""
        places = np.arange(len(self.positions))[:, None] * self.affine[:3, 2] + self.positions[0]
        return float(np.linalg.norm(self.positions - places, axis=1).max())

    @property
    def is_even(self) -> bool:
        """Whether the slices lie in a grid: within half a pixel and a tenth of a step.

        The same distances decide whether the frame of a segmentation lies on a slice.
        """
        step = float(np.linalg.norm(self.affine[:3, 2]))
        return self.off_even_grid <= min(0.5 * min(self.pixel_spacing), 0.1 * step)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance in mm between slices, rows and columns: the order of the volume's axes."""
        return (self.slice_spacing, *self.pixel_spacing)

    @property
    def affine(self) -> np.ndarray:
        """Matrix from (column, row, slice, 1) indices to (x, y, z, 1) in mm, LPS, shape (4, 4).

        The third column is the mean step from slice to slice, so a tilted gantry gives a sheared
        grid that is still right (PS3.3 equation C.7.6.2.1-1).
        """
        steps = len(self.positions) - 1
        step = (
            (self.positions[-1] - self.positions[0]) / steps
            if steps
            else self.normal * self.slice_thickness
        )
        affine = np.eye(4)
        affine[:3, 0] = self.row_direction * self.pixel_spacing[1]
        affine[:3, 1] = self.column_direction * self.pixel_spacing[0]
        affine[:3, 2] = step
        affine[:3, 3] = self.positions[0]
        return affine

    @property
    def axes(self) -> np.ndarray | None:
        """Unit vectors along which slices, rows and columns are counted, shape (3, 3).

        None where the files do not say how the series lies in the patient.
        """
        if not self.in_patient:
            return None
        return np.stack([self.normal, self.column_direction, self.row_direction])

    @property
    def orientation_letters(self) -> tuple[str, str, str, str]:
        """Letters of the patient's side at the left, right, top and bottom edge of a slice.

        Up to three letters each, the most fitting first (PS3.3 C.7.6.1.1.1): an axial slice of a
        supine patient gives ("R", "L", "A", "P"). Empty strings where `in_patient` is False.
        """
        if not self.in_patient:
            return ("", "", "", "")
        return (
            direction_letters(-self.row_direction),
            direction_letters(self.row_direction),
            direction_letters(-self.column_direction),
            direction_letters(self.column_direction),
        )

    @property
    def tilt(self) -> float:
        """Angle in degrees between the step from slice to slice and the normal (gantry tilt)."""
        step = self.positions[-1] - self.positions[0]
        length = float(np.linalg.norm(step))
        if length == 0:
            return 0.0
        return float(np.degrees(np.arccos(np.clip(step @ self.normal / length, -1, 1))))


def plane_normal(row_direction: np.ndarray, column_direction: np.ndarray) -> np.ndarray:
    """Return the unit vector across a plane, shape (3,), by the right-hand rule."""
    normal = np.cross(row_direction, column_direction)
    return normal / np.linalg.norm(normal)


def direction_letters(direction: np.ndarray) -> str:
    """Name the patient's sides a direction points to, the strongest first.

    Parameters
    ----------
    direction : numpy.ndarray, shape (3,)
        Unit vector in LPS.

    Returns
    -------
    str
        One to three of the letters L, R, A, P, H, F, such as "LP".
    """
    strongest_first = np.argsort(-np.abs(direction), kind="stable")
    return "".join(
        _LETTERS[axis][int(direction[axis] > 0)]
        for axis in strongest_first
        if abs(direction[axis]) > _LETTER_THRESHOLD
    )
