"""The network that was adapted to other series is kept with the annotation that it serves."""

from dataclasses import replace

import pytest

from core.annotation.adapted_networks import KeptNetwork, keep_network, kept_network
from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from tests.support.stored_series import SERIES

_NETWORK = KeptNetwork("slicewise-5", (1, 3), ("1.2.3", "1.2.4"), bytes(range(256)))


def test_it_is_read_as_it_was_kept(store: AnnotationStore) -> None:
    assert kept_network(store, SERIES) is None
    keep_network(store, SERIES, _NETWORK)
    assert kept_network(store, SERIES) == _NETWORK


def test_a_newer_one_takes_its_place(store: AnnotationStore) -> None:
    newer = replace(_NETWORK, segments=(2,), content=b"newer")
    for one in (_NETWORK, newer):
        keep_network(store, SERIES, one)
    assert kept_network(store, SERIES) == newer


def test_it_belongs_to_an_annotation_that_there_is(store: AnnotationStore) -> None:
    with pytest.raises(StoreError):
        keep_network(store, "9.9", _NETWORK)
    with pytest.raises(StoreError):
        kept_network(store, "9.9")


@pytest.mark.parametrize(
    "wrong",
    [
        replace(_NETWORK, base=""),
        replace(_NETWORK, base="x" * 201),
        replace(_NETWORK, teachers=("1.2 1.3",)),
    ],
)
def test_names_that_do_not_fit_are_refused(store: AnnotationStore, wrong: KeptNetwork) -> None:
    with pytest.raises(StoreError):
        keep_network(store, SERIES, wrong)
    assert kept_network(store, SERIES) is None
