"""From files to series: what they hold, how slices are ordered, and their pixels."""
