"""Reading DICOM series, their geometry, and writing and reading what was annotated on them."""
