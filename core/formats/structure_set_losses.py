"""What reading an RT structure set leaves out, counted by region, as sentences for people."""

from collections import Counter
from typing import Literal

from core.formats.contour_placement import PlacedContours

Loss = Literal[
    "open",
    "tilted",
    "elsewhere",
    "foreign",
    "beyond",
    "between",
    "tiny",
    "crossing",
    "beside",
    "empty",
]

_SENTENCES: dict[Loss, str] = {
    "open": "Points and open contours enclose nothing and were passed over",
    "tilted": "Contours in planes that are not parallel to the slices were left out",
    "elsewhere": (
        "Contours that name images which are not among these slices, such as those of another "
        "phase, were left out"
    ),
    "foreign": (
        "Contours of regions in another frame of reference, which name no image, were left out"
    ),
    "beyond": "Contours beyond the slices were left out",
    "between": "Contours between slices were left out, for others lie nearer to these slices",
    "tiny": "Contours that enclose the centre of no pixel are lost",
    "crossing": "Contours cross each other, and what they share was left out",
    "beside": "Contours lie up to {furthest:.2g} mm beside the slices that they are put on",
}


class ContourLosses:
    """Counts of contours by what became of them and by the name of their region."""

    def __init__(self) -> None:
        self._counts: dict[Loss, Counter[str]] = {}
        self._furthest = 0.0

    def add(self, loss: Loss, label: str, count: int = 1) -> None:
        """Count contours of a region; for "empty", the region itself."""
        if count:
            self._counts.setdefault(loss, Counter())[label] += count

    def add_placed(self, label: str, placed: PlacedContours) -> None:
        """Count what placing the contours of a region left out."""
        self.add("elsewhere", label, placed.elsewhere)
        self.add("beyond", label, placed.beyond)
        self.add("between", label, placed.between)
        self.add("beside", label, placed.beside)
        if placed.beside:
            self._furthest = max(self._furthest, placed.furthest)

    def sentences(self) -> list[str]:
        """Return one sentence for each kind of loss, with the regions that it concerns."""
        found = []
        for loss, sentence in _SENTENCES.items():
            if counts := self._counts.get(loss):
                listed = ", ".join(f"“{label}” ({count})" for label, count in counts.items())
                found.append(f"{sentence.format(furthest=self._furthest)}: {listed}.")
        if empty := self._counts.get("empty"):
            listed = ", ".join(f"“{label}”" for label in empty)
            found.append(f"Nothing of these regions is on the slices: {listed}.")
        return found
