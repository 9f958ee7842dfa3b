"""The main job, end to end: real processes, a real browser, real windows, two real desktops."""

import random
from pathlib import Path

import pytest

from tests.e2e.demo import LEAST_STEPS
from tests.e2e.scenario import play
from tests.e2e.world import world


@pytest.mark.timeout(300)
@pytest.mark.req("G1", "A1", "A8", "A12", "A18", "A23", "S6", "I2", accepts=True)
def test_a_taxpayer_is_helped_from_the_first_question_to_the_rating(tmp_path: Path) -> None:
    """Fails with the step that failed; its pictures are in the folder of the test."""
    chance = random.Random()
    with world(tmp_path / "stage") as scene:
        play(scene, chance, tmp_path)
        assert scene.stage.steps.exit_code(LEAST_STEPS) == 0
