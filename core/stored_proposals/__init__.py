"""Proposals of annotated series: from the masks in the store, and into it."""
