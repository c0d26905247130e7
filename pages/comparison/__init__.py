"""Two readings of a series beside each other: how far they agree, and which of them is right."""
