"""What the browser gets of the slice editor: JavaScript, HTML and CSS, served as they are."""
