"""What somebody sees who is not signed in: one page that needs nothing else of the server."""

import html

START = "/sign-in"
"""Path that leads on to the provider."""

SIGN_OUT = "/auth/logout"
"""Path that ends a sign-in; Streamlit answers it."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slicewise</title>
<style>
:root {{color-scheme: light dark; --text: #1d2629; --back: #fbfcfc; --note: #eef2f3;}}
@media (prefers-color-scheme: dark) {{
  :root {{--text: #dfe6e9; --back: #14181b; --note: #1e2529;}}
}}
body {{margin: 0; font: 14px/1.5 "Source Sans", "Source Sans Pro", sans-serif;
       color: var(--text); background: var(--back);}}
main {{box-sizing: border-box; max-width: 34rem; margin: 14vh auto 0; padding: 0 1.4rem;}}
h1 {{font-size: 1.7rem; margin: 0 0 0.5rem;}}
.note {{background: var(--note); border-radius: 4px; padding: 0.7rem 1rem;}}
a {{display: inline-block; background: #2f7d8c; color: #fff; padding: 0.5rem 1.1rem;
    border-radius: 4px; text-decoration: none; font-weight: 600;}}
a:hover {{background: #286a77;}}
a:focus-visible {{outline: 3px solid currentColor; outline-offset: 2px;}}
</style>
</head>
<body>
<main>
<h1>Slicewise</h1>
<p>Draw a structure on a few slices, review proposals for the rest, export DICOM-SEG.</p>
<p class="note">Slicewise is a research tool, <strong>not a medical device</strong>. Do not use it
for diagnosis or treatment.</p>
<p>{sentence}</p>
<p><a href="{address}">{label}</a></p>
</main>
</body>
</html>
"""


def sign_in_page(base: str) -> str:
    """HTML for somebody who is not signed in.

    Parameters
    ----------
    base : str
        Path below which the server answers (``server.baseUrlPath``), such as "/slicewise", or "".
    """
    return _page("Sign in to go on.", base + START, "Sign in")


def refusal_page(base: str, person: str) -> str:
    """HTML for somebody who is signed in and may not use the server; base as `sign_in_page`."""
    who = f"as {html.escape(person)}" if person else "under a name that cannot be recorded"
    sentence = f"You are signed in {who}. Ask whoever runs this server to let you in."
    return _page(sentence, base + SIGN_OUT, "Sign out")


def _page(sentence: str, address: str, label: str) -> str:
    return _PAGE.format(sentence=sentence, address=html.escape(address), label=label)
