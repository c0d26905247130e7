"""What a visit of a person consists of: entrance, series, model and jobs."""
