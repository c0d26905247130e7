"""Scripts of other projects that pages load from here, from the packages that are installed."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

_PLOTLY = StaticFiles(packages=[("plotly", "package_data")])


async def _plotly(request: Request) -> Response:
    """plotly.js, as the Python package of the same name holds it."""
    answer = await _PLOTLY.get_response("plotly.min.js", request.scope)
    # Asked for again, it is sent again only when another version has been installed.
    answer.headers["Cache-Control"] = "no-cache"
    return answer


SCRIPTS = [Route("/scripts/plotly.min.js", _plotly)]
"""Their addresses."""
