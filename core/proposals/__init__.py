"""Proposals: masks for the slices that are not drawn, from the slices that are."""
