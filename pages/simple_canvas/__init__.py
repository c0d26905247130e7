"""The simple canvas: drawing on a picture of one slice."""
