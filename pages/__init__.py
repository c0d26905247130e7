"""One thin Streamlit script per step of the work: series, annotate, review, export."""
