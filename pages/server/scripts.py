"""Scripts of other projects that pages load from here, from the packages that are installed."""

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route


async def _plotly(request: Request) -> FileResponse:
    """plotly.js, as the Python package of the same name holds it."""
    spec = find_spec("plotly")
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    # Asked for again, it is sent again only when another version has been installed.
    headers = {"Cache-Control": "no-cache"}
    return FileResponse(path, media_type="text/javascript", headers=headers)


SCRIPTS = [Route("/scripts/plotly.min.js", _plotly)]
"""Their addresses."""
