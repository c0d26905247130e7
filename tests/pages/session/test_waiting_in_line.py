"""What somebody is told who waits for proposals, and who asks for too many, in a real tab."""

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path

from core.demo import write_demo_series
from core.dicom.reading import find_series
from tests.support.app_server import Server
from tests.support.drawn_series import add_series, new_home
from tests.support.editor_protocol import Tab

SLICES, DRAWN = 4, (0, 3)
MOST = 20  # of one person


def test_who_waits_is_told_how_long_and_who_asks_for_too_much_is_told_what_to_do(
    tmp_path: Path,
) -> None:
    server = Server(new_home(tmp_path))
    write_demo_series(tmp_path / "demo")
    files = list(find_series(tmp_path / "demo")[0].files[12 : 12 + SLICES])
    keys = []
    for number in range(MOST + 2):
        series = add_series(server, files, f"of-{number}")
        for index in DRAWN:
            series.draw_on(index + 1)
        series.store.close()
        keys.append(series.key)
    server.start()
    try:
        asyncio.run(ask_for_all(server, keys))
    finally:
        server.kill()
    server.check_log()


async def ask_for_all(server: Server, keys: list[str]) -> None:
    """Ask for the proposals of more series than one person may wait for."""
    async with AsyncExitStack() as stack:
        first, *tabs = [await stack.enter_async_context(Tab(server.url, key)) for key in keys]
        await asyncio.gather(*(tab.opened(300) for tab in (first, *tabs)))
        await first.propose()  # the server has seen now how long a slice takes
        with closing(sqlite3.connect(server.home / "annotations.db")) as database:
            database.execute("begin immediate")  # nothing can be stored, so that no job ends
            for tab in tabs[:MOST]:
                await tab.press_propose()
            await tabs[1].sees_line("Waiting: 1 job is done before, ")
            await tabs[MOST - 1].sees_line(f"Waiting: {MOST - 1} jobs are done before, ")
            await tabs[MOST].press_propose()
            (told,) = tabs[MOST].toasts
            assert told.startswith("20 of your requests are not finished yet; wait for some")
            database.rollback()
        for tab in tabs[:MOST]:
            await tab.proposed()
            assert set(tab.masks) >= set(range(SLICES))
