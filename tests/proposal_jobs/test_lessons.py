"""What a network learned from the same series is found again for the next series."""

from dataclasses import replace

import numpy as np
import pytest

from core.network.engine import Engine
from core.proposal_jobs import answering
from core.proposal_jobs.answering import Answering
from core.proposal_jobs.requests import ProposalRequest, ProposalTask, SeriesData, Teacher
from core.proposals.adapted_network import AdaptedNetwork

_Axes = tuple[tuple[float, float, float], ...]
_AXES = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
_TILTED = ((0.0, 0.1, 0.995), (0.0, 0.995, -0.1), (1.0, 0.0, 0.0))
_REVERSED = ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))


@pytest.mark.parametrize(("axes", "is_known"), [(_TILTED, True), (_REVERSED, False)])
def test_only_how_teachers_are_turned_matters_of_the_series_itself(
    untrained_engine: Engine, monkeypatch: pytest.MonkeyPatch, axes: _Axes, is_known: bool
) -> None:
    lessons: list[AdaptedNetwork] = []

    def learn(*_: object, **__: object) -> AdaptedNetwork:
        lessons.append(AdaptedNetwork("untrained", (1,), "AAAA"))
        return lessons[-1]

    monkeypatch.setattr(answering, "learn_to_complete", learn)
    own = SeriesData("own", (3.0, 1.0, 1.0), "MR", _AXES)
    teacher = Teacher(replace(own, volume="teacher"), ())
    request = ProposalRequest("anna", 9, own, teachers=(teacher,), learning_steps=5)
    other = replace(own, volume="other", spacing=(4.0, 1.0, 1.0), axes=axes)
    volumes = {name: np.zeros((2, 8, 8), np.int16) for name in ("own", "other", "teacher")}
    asked = Answering(untrained_engine)
    for one in (request, replace(request, person="ben", series=other)):
        list(asked.answer(ProposalTask(one, volumes), lambda: False, lambda done, total: None))
    assert len(lessons) == (1 if is_known else 2)
