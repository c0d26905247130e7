"""What stands in front of the pages: which requests are answered, and what browsers may do."""
