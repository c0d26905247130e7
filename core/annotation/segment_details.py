"""Details of segments as text, as the database keeps them."""

import json
from dataclasses import asdict
from typing import Any

from core.segments.segment import Code, Region, SegmentDetails


def details_text(details: SegmentDetails) -> str | None:
    """Return details as JSON; None where there are none."""
    if details == SegmentDetails():
        return None
    return json.dumps(asdict(details), ensure_ascii=False)


def details_of(text: str | None) -> SegmentDetails:
    """Read what `details_text` wrote."""
    if text is None:
        return SegmentDetails()
    content = json.loads(text)
    return SegmentDetails(
        description=content["description"],
        tracking_id=content["tracking_id"],
        tracking_uid=content["tracking_uid"],
        further_modifiers=_codes(content["further_modifiers"]),
        regions=_regions(content["regions"]),
        structures=_regions(content["structures"]),
        # Written by later versions only.
        algorithm_name=content.get("algorithm_name", ""),
        algorithm_version=content.get("algorithm_version", ""),
    )


def _codes(items: list[dict[str, str]]) -> tuple[Code, ...]:
    return tuple(Code(**item) for item in items)


def _regions(items: list[dict[str, Any]]) -> tuple[Region, ...]:
    return tuple(Region(Code(**item["code"]), _codes(item["modifiers"])) for item in items)
