"""Jobs: a request goes in, proposals stream out, wherever they are computed."""
