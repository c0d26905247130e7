import threading

import pytest

from core.annotation.store import AnnotationStore, StoreError
from tests.support.stored_series import COLUMNS, ROWS, SERIES, SLICES, prepare


class TestSeries:
    def test_opening_it_again_is_fine(self, url: str) -> None:
        prepare(url)
        assert len(prepare(url).segments(SERIES)) == 2

    @pytest.mark.parametrize(
        ("uids", "rows", "columns"),
        [
            ([f"{SERIES}.{index}" for index in range(SLICES - 1)], ROWS, COLUMNS),
            ([f"{SERIES}.{index}" for index in reversed(range(SLICES))], ROWS, COLUMNS),
            ([f"{SERIES}.{index}" for index in range(SLICES)], COLUMNS, ROWS),
        ],
        ids=["fewer slices", "another order", "another size"],
    )
    def test_it_must_have_the_slices_it_had(
        self, store: AnnotationStore, uids: list[str], rows: int, columns: int
    ) -> None:
        with pytest.raises(StoreError, match="annotated before with 6 slices of 12 × 10"):
            store.open_annotation(SERIES, uids, rows, columns)

    def test_one_without_slices_is_refused(self, store: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="without slices"):
            store.open_annotation("1.2.3", [], 5, 5)

    def test_one_never_opened_is_not_known(self, store: AnnotationStore) -> None:
        for question in (store.segments, store.annotation, store.next_segment_number):
            with pytest.raises(StoreError, match="open it first"):
                question("1.2.3")

    def test_threads_that_open_a_new_one_at_once_all_succeed(self, store: AnnotationStore) -> None:
        problems = []

        def open_it() -> None:
            try:
                store.open_annotation("1.2.3", ["a"], 4, 4)
            except Exception as error:
                problems.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
