"""What is being annotated: segments, their codes and their masks."""
