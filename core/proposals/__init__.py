"""Proposals: masks for the slices nobody drew, from the slices that somebody did."""
