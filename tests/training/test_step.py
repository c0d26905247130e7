"""One optimiser step."""

from core.training.settings import TrainingSettings
from core.training.step import learning_rate


def test_the_learning_rate_rises_and_then_falls() -> None:
    settings = TrainingSettings(steps=100, warmup_steps=10)
    rates = [learning_rate(settings, step, step / 100) for step in range(100)]
    assert max(rates) == rates[9] == settings.learning_rate
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[-1] < 0.01 * settings.learning_rate + settings.final_learning_rate
