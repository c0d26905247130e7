"""The folder that Slicewise keeps everything in, and the settings that say where it is."""
