"""Codes and a segment that tests of every part use."""

from core.segments.segment import Code, Segment, default_color

ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
LIVER = Code("10200004", "SCT", "Liver")
SPLEEN = Code("78961009", "SCT", "Spleen")
LIVER_SEGMENT = Segment(1, "Liver", default_color(1), ANATOMY, LIVER)
