"""How opaque masks are drawn over a slice, in the browser and in pictures made here."""

MASK_OPACITY = 0.35
"""Of the masks, before a person chooses another one."""

PROPOSED_SHARE = 0.35
"""Of the opacity, for proposals: a proposal never looks like a drawn mask."""

OTHERS_SHARE = 0.4
"""Of the opacity, for segments other than the one being worked on."""
