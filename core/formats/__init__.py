"""Reading and writing masks: SEG, RTSTRUCT, NIfTI, PNG, CSV and de-identified copies."""
