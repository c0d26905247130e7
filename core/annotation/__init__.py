"""The store of annotations: segments, masks and their states by slice, versions and undo."""
