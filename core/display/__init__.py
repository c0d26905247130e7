"""From modality values to what a screen shows."""
