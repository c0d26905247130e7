"""Communication with an archive (PACS): DICOMweb, and C-STORE where there is no STOW-RS."""
