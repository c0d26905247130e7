"""Registries of real training tasks: made from one's own data sets, mixed with synthetic tasks.

A registry is a folder. `scans/` holds one safetensors file per scan, with pictures and masks of
128 × 128 pixels; `index.json` lists the stacks of slices in them. Neither holds who a patient is.
"""
