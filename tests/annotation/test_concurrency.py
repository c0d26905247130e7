import sqlite3
import threading
from pathlib import Path

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, VersionConflict
from tests.support.databases import sqlite_only
from tests.support.store_processes import count_up_at_once
from tests.support.stored_series import SERIES, put_mask, rows_in, segment, square


class TestConcurrency:
    def test_of_two_threads_with_the_same_version_one_wins(self, store: AnnotationStore) -> None:
        outcomes: list[list[str]] = [[], []]
        barrier = threading.Barrier(2)

        def work(which: int) -> None:
            for version in range(25):
                barrier.wait(timeout=30)
                try:
                    put_mask(
                        store,
                        SERIES,
                        1,
                        0,
                        mask=square(2 + which),
                        state=SliceState.DRAWN,
                        based_on=version,
                        person=f"person {which}",
                        tool="brush",
                    )
                    outcomes[which].append("stored")
                except VersionConflict:
                    outcomes[which].append("conflict")

        threads = [threading.Thread(target=work, args=(which,)) for which in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {tuple(sorted(pair)) for pair in zip(*outcomes, strict=True)} == {
            ("conflict", "stored")
        }

    def test_two_processes_that_heed_conflicts_lose_nothing(
        self, store: AnnotationStore, url: str
    ) -> None:
        assert count_up_at_once(url, ("anna", "bert"), 40) == [0, 0]
        assert store.slice(SERIES, 1, 0).version == 80
        assert rows_in(url, "mask_version") == 80

    @sqlite_only
    def test_twenty_waiting_writers_keep_nobody_from_reading(
        self, store: AnnotationStore, tmp_path: Path
    ) -> None:
        other = sqlite3.connect(tmp_path / "annotations.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writers = [
            threading.Thread(
                target=put_mask, args=(store, SERIES, 1, index % 6), kwargs={"mask": square(3)}
            )
            for index in range(6)
        ]
        writers += [
            threading.Thread(target=store.save_segment, args=(SERIES, segment(number), "anna"))
            for number in range(3, 17)
        ]
        for thread in writers:
            thread.start()
        readers = [threading.Thread(target=store.annotation, args=(SERIES,)) for _ in range(10)]
        for thread in readers:
            thread.start()
        for thread in readers:
            thread.join()
        # The readers are done, and no writer has got its turn yet.
        assert all(thread.is_alive() for thread in writers)
        assert len(store.segments(SERIES)) == 2
        other.execute("COMMIT")
        for thread in writers:
            thread.join()
        assert len(store.segments(SERIES)) == 16
        assert len(store.annotation(SERIES)) == 6
        other.close()
