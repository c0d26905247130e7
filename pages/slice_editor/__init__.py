"""Slicewise's own slice editor: a component in the browser and the part of the page behind it."""
