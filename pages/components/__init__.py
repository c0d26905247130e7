"""Pieces that several pages show, and the drawing editors behind one interface."""
