"""The scripts of the slice editor, at addresses that name their version: browsers keep them.

Eighty modules that a browser asks for again at every load cost half a second and more.
"""

import hashlib
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

_FOLDER = Path(__file__).parents[1] / "slice_editor" / "slicewise"
_FILES = StaticFiles(directory=_FOLDER)
_PREFIX = "/scripts/slice-editor"


@cache
def editor_address() -> str:
    """Address of the folder of the scripts, which changes with any of them.

    Returns
    -------
    str
        A path on this server, without a slash at its end. Scripts that change while the server
        runs are sent under the old one: restart it, or reload the page without its cache.
    """
    content = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.js")):
        content.update(path.relative_to(_FOLDER).as_posix().encode())
        content.update(path.read_bytes())
    return f"{_PREFIX}/{content.hexdigest()[:16]}"


async def _script(request: Request) -> Response:
    path = request.path_params["path"]
    folder = f"{_PREFIX}/{request.path_params['version']}"
    if folder != editor_address() or not path.endswith(".js"):
        raise HTTPException(404)
    answer = await _FILES.get_response(path, request.scope)
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


EDITOR_SCRIPTS = [Route(_PREFIX + "/{version}/{path:path}", _script)]
"""Their addresses."""
