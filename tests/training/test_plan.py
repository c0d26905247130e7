"""What batches are to be is decided by the seed and the step alone."""

from dataclasses import replace

from core.training.plan import plan_step
from core.training.settings import TrainingSettings

SETTINGS = TrainingSettings()


def test_a_step_is_planned_the_same_every_time() -> None:
    assert plan_step(SETTINGS, 7) == plan_step(SETTINGS, 7)
    assert plan_step(SETTINGS, 7) != plan_step(SETTINGS, 8)
    assert plan_step(SETTINGS, 7) != plan_step(replace(SETTINGS, seed=1), 7)


def test_sizes_are_those_of_the_recipe_and_fill_its_budget() -> None:
    plans = [plan for step in range(200) for plan in plan_step(SETTINGS, step)]
    assert {plan.side for plan in plans} == set(SETTINGS.sides)
    assert {plan.between for plan in plans} == set(SETTINGS.slices_between)
    assert {plan.examples for plan in plans} <= set(SETTINGS.support_sizes)
    share = sum(plan.side == 128 for plan in plans) / len(plans)
    assert abs(share - SETTINGS.side_weights[-1]) < 0.06
    for plan in plans:
        assert plan.tasks >= 1
        pixels = plan.tasks * (plan.examples + 4) * plan.side**2
        assert plan.tasks == 1 or pixels < 1.5 * SETTINGS.pixels_per_batch


def test_every_batch_of_a_run_has_a_seed_of_its_own() -> None:
    seeds = [plan.seed for step in range(50) for plan in plan_step(SETTINGS, step)]
    assert len(set(seeds)) == len(seeds)
