"""Segments, per-slice masks and their states, strokes to masks, and the store they live in."""
