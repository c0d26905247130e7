"""What a browser may do with our pages, as headers of every answer."""

_POLICY = (
    "default-src 'self'",
    # Streamlit's page sets a variable in a script of its own and makes blobs of the scripts of
    # small components, and React styles elements directly.
    "script-src 'self' 'unsafe-inline' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    # Components in frames are shown by our own pages.
    "frame-ancestors 'self'",
)


def answer_headers(host: str, *, is_page: bool = False) -> dict[str, str]:
    """Headers of an answer: pages ask nobody else, and no other page may show or read them.

    Parameters
    ----------
    host : str
        Host header of the request, checked: some browsers do not count websockets as 'self'.
    is_page : bool
        Whether it is a page, which browsers must not keep once it is left: Chromium would, alive
        and with its websocket, so that its series counted as open in another tab.

    Returns
    -------
    dict of str to str
        Values by name.
    """
    connections = f"connect-src 'self' ws://{host} wss://{host}"
    kept = {"Cache-Control": "no-store"} if is_page else {}
    return kept | {
        "Content-Security-Policy": "; ".join((*_POLICY, connections)),
        "X-Frame-Options": "SAMEORIGIN",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
