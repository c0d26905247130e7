"""The mean over mirrored pictures is mirrored with them."""

import numpy as np
import pytest

from core.network.engine import Engine, load_engine
from core.network.mirrored import MIRRORINGS, encode_mirrored, predict_mirrored

random = np.random.default_rng(4)
IMAGES = random.random((3, 32, 48), dtype=np.float32)
LABELS = IMAGES > 0.6


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def test_the_answer_is_the_mean_of_those_to_mirrored_pictures(engine: Engine) -> None:
    found = predict_mirrored(engine, IMAGES[:1], encode_mirrored(engine, IMAGES[1:], LABELS[1:]))
    answers = []
    for axes in MIRRORINGS:
        images, labels = np.flip(IMAGES, axes), np.flip(LABELS, axes)
        answer = engine.predict(images[:1], engine.encode(images[1:], labels[1:]))
        answers.append(np.flip(answer, axes))
    np.testing.assert_allclose(found, np.mean(answers, axis=0), atol=1e-4)
    assert np.abs(answers[0] - answers[1]).max() > 0.01


@pytest.mark.parametrize("axes", [(-2,), (-1,), (-2, -1)])
def test_a_mirrored_picture_gets_the_mirrored_answer(engine: Engine, axes: tuple[int, ...]) -> None:
    plain = predict_mirrored(engine, IMAGES[:1], encode_mirrored(engine, IMAGES[1:], LABELS[1:]))
    images, labels = np.flip(IMAGES, axes), np.flip(LABELS, axes)
    mirrored = predict_mirrored(engine, images[:1], encode_mirrored(engine, images[1:], labels[1:]))
    np.testing.assert_allclose(np.flip(mirrored, axes), plain, atol=1e-3)


def test_every_query_may_use_examples_of_its_own(engine: Engine) -> None:
    examples = encode_mirrored(engine, IMAGES[1:], LABELS[1:])
    found = predict_mirrored(engine, IMAGES[:1], examples, subsets=[[1]])
    alone = predict_mirrored(engine, IMAGES[:1], encode_mirrored(engine, IMAGES[2:], LABELS[2:]))
    np.testing.assert_allclose(found, alone, atol=1e-4)
