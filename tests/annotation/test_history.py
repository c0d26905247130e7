from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, MaskChange
from core.home.settings import default_url
from tests.support.stored_series import SERIES, prepare, put_mask, segment, square

PEOPLE = ("anna", "bert")
PLACES = (0, 1, 2)


def draw(
    store: AnnotationStore, size: int, *places: int, person: str = "anna", series: str = SERIES
) -> None:
    """Draw a square of this size on these slices of segment 1, as one step."""
    changes = [
        MaskChange(
            1,
            place,
            square(size),
            SliceState.DRAWN,
            store.slice(series, 1, place).version,
            allow_clear=True,
        )
        for place in places
    ]
    store.put_many(series, changes, person, "brush", f"draw {size}")


def sides(store: AnnotationStore, series: str = SERIES) -> list[int]:
    """Side of the square on each slice of segment 1, 0 where there is none."""
    return [round(store.slice(series, 1, place).pixels ** 0.5) for place in PLACES]


def test_undo_and_redo_walk_through_all_steps_across_slices(store: AnnotationStore) -> None:
    draw(store, 3, 0)
    draw(store, 4, 1)
    draw(store, 5, 0, 1)
    assert sides(store) == [5, 5, 0]
    assert store.undo(SERIES, "anna") == [(1, 0), (1, 1)]
    assert sides(store) == [3, 4, 0]
    assert store.undo(SERIES, "anna") == [(1, 1)]
    assert store.undo(SERIES, "anna") == [(1, 0)]
    assert store.undo(SERIES, "anna") == []
    assert sides(store) == [0, 0, 0]
    for _ in range(3):
        store.redo(SERIES, "anna")
    assert store.redo(SERIES, "anna") == []
    assert sides(store) == [5, 5, 0]


def test_undo_brings_back_everything_known_of_a_version(store: AnnotationStore) -> None:
    put_mask(
        store,
        SERIES,
        1,
        0,
        mask=square(3),
        state=SliceState.PROPOSED,
        based_on=0,
        person="anna",
        tool="propose",
        weights="default-1",
        expected_dice=0.75,
    )
    draw(store, 5, 0)
    store.undo(SERIES, "anna")
    item = store.slice(SERIES, 1, 0)
    assert (item.state, item.weights, item.expected_dice) == (
        SliceState.PROPOSED,
        "default-1",
        0.75,
    )
    assert (item.version, item.person, item.tool, item.pixels) == (3, "anna", "undo", 9)


def test_undo_survives_a_restart(url: str) -> None:
    store = prepare(url)
    draw(store, 3, 0)
    draw(store, 4, 0)
    store.undo(SERIES, "anna")
    store.close()
    store = AnnotationStore(url)
    assert store.redo_action(SERIES, "anna") == "draw 4"
    assert store.redo(SERIES, "anna") == [(1, 0)]
    assert sides(store)[0] == 4
    store.close()
    store = AnnotationStore(url)
    assert store.undo_action(SERIES, "anna") == "draw 4"
    store.undo(SERIES, "anna")
    store.undo(SERIES, "anna")
    assert sides(store)[0] == 0


def test_new_work_ends_what_could_be_redone(store: AnnotationStore) -> None:
    draw(store, 3, 0)
    store.undo(SERIES, "anna")
    draw(store, 4, 1)
    assert store.redo_action(SERIES, "anna") is None
    assert store.redo(SERIES, "anna") == []
    assert sides(store) == [0, 4, 0]


def test_undo_leaves_the_work_of_others_alone(store: AnnotationStore) -> None:
    draw(store, 3, 0, 1, person="anna")
    draw(store, 4, 1, person="bert")
    assert store.undo(SERIES, "anna") == [(1, 0)]
    assert sides(store) == [0, 4, 0]
    assert store.redo(SERIES, "anna") == [(1, 0)]
    assert sides(store) == [3, 4, 0]


def test_steps_that_others_undid_do_not_block_an_undo(store: AnnotationStore) -> None:
    draw(store, 3, 0, person="anna")
    draw(store, 4, 0, person="bert")
    store.undo(SERIES, "bert")
    assert store.undo(SERIES, "anna") == [(1, 0)]
    assert sides(store) == [0, 0, 0]


def test_undoing_an_old_step_of_proposals_spares_examples_made_since(
    store: AnnotationStore,
) -> None:
    changes = [MaskChange(1, place, square(2), SliceState.PROPOSED, 0) for place in PLACES]
    store.put_many(SERIES, changes, "anna", "model", "propose")
    draw(store, 5, 1, person="bert")
    assert store.undo(SERIES, "anna") == [(1, 0), (1, 2)]
    assert sides(store) == [0, 5, 0]
    store.redo(SERIES, "anna")
    assert sides(store) == [2, 5, 2]


def test_masks_of_a_removed_segment_are_not_restored(store: AnnotationStore) -> None:
    draw(store, 3, 0, person="anna")
    store.remove_segment(SERIES, 1, "bert")
    assert store.undo(SERIES, "anna") == []
    assert store.annotation(SERIES) == {}
    store.undo(SERIES, "bert")
    assert sides(store) == [3, 0, 0]


def test_a_long_history_is_undone_to_its_start(store: AnnotationStore) -> None:
    for step in range(60):
        draw(store, 1 + step % 8, step % 3)
    undone = 0
    while store.undo(SERIES, "anna"):
        undone += 1
    assert undone == 60
    assert sides(store) == [0, 0, 0]


@dataclass
class Model:
    """Undo as plain lists: what each slice holds, and what each person did and took back.

    A content is named by the step that made it, so that equal squares of different steps differ.
    """

    held: dict[int, tuple[int, int]] = field(default_factory=lambda: dict.fromkeys(PLACES, (0, 0)))
    done: dict[str, list[dict]] = field(default_factory=lambda: {who: [] for who in PEOPLE})
    undone: dict[str, list[dict]] = field(default_factory=lambda: {who: [] for who in PEOPLE})
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def draw(self, who: str, size: int, places: list[int]) -> None:
        name = next(self.names)
        step = {place: (self.held[place], (name, size)) for place in places}
        self.held |= {place: after for place, (_, after) in step.items()}
        self.done[who].append(step)
        self.undone[who] = []

    def undo(self, who: str) -> list[int]:
        if not self.done[who]:
            return []
        step = self.done[who].pop()
        self.undone[who].append(step)
        return self._move({place: (after, before) for place, (before, after) in step.items()})

    def redo(self, who: str) -> list[int]:
        if not self.undone[who]:
            return []
        step = self.undone[who].pop()
        self.done[who].append(step)
        return self._move(step)

    def _move(self, step: dict) -> list[int]:
        moved = [place for place, (before, _) in step.items() if self.held[place] == before]
        self.held |= {place: step[place][1] for place in moved}
        return moved


people = st.sampled_from(("anna", "anna", "bert"))
places = st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True)
draws = st.tuples(st.just("draw"), people, st.integers(1, 8), places)
travels = st.tuples(st.just("travel"), people, st.integers(1, 5), st.integers(0, 4))
restarts = st.tuples(st.just("restart"))
# Something to undo first, then anything.
work = st.tuples(
    st.lists(draws, min_size=4, max_size=6),
    st.lists(travels | draws | restarts, min_size=3, max_size=7),
).map(lambda parts: parts[0] + parts[1])


@pytest.fixture(scope="module")
def shared_url(
    database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Address of a store for all that is tried."""
    if database == "SQLite":
        yield default_url(tmp_path_factory.mktemp("history"))
        return
    server = request.getfixturevalue("postgresql")
    name = server.new_database()
    yield server.url(name)
    server.drop_database(name)


series_numbers = count()


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking a failure would take many minutes
)
@given(acts=work)
def test_any_work_of_two_people_is_undone_as_plain_lists_would(
    shared_url: str, acts: list[tuple]
) -> None:
    store, model = AnnotationStore(shared_url), Model()
    series = f"1.2.{next(series_numbers)}"
    store.open_annotation(series, [str(place) for place in PLACES], *square(0).shape)
    store.save_segment(series, segment(1), "anna")
    for act in acts:
        if act[0] == "restart":
            store.close()
            store = AnnotationStore(shared_url)
        elif act[0] == "draw":
            _, who, size, where = act
            draw(store, size, *where, person=who, series=series)
            model.draw(who, size, where)
        else:
            _, who, back, forth = act
            for move in ["undo"] * back + ["redo"] * forth:
                changed = getattr(store, move)(series, who)
                assert [place for _, place in changed] == getattr(model, move)(who)
        assert sides(store, series) == [model.held[place][1] for place in PLACES]
        for who in PEOPLE:
            assert (store.undo_action(series, who) is None) == (not model.done[who])
            assert (store.redo_action(series, who) is None) == (not model.undone[who])
    store.close()
