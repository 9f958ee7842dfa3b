"""Whatever a peer sends, a decoder answers with a message, with "newer than I am", or with a typed error."""

import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.malformed import DECODERS, read, spoil, wholes

TIMES, EACH = 100, 1000
"""Examples of Hypothesis, and spoiled frames of each: 100,000 for every decoder."""
SEARCHED = 1_000_000
WHOLES = {decoder: wholes(decoder) for decoder in DECODERS}


@pytest.mark.parametrize("decoder", DECODERS)
@settings(max_examples=TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), plain=st.binary(max_size=200), text=st.text(max_size=50))
def test_a_decoder_answers_anything_with_a_typed_error(decoder: str, seed: int, plain: bytes, text: str) -> None:
    dice = random.Random(seed)
    read(decoder, plain)
    read(decoder, text.encode("utf-8", "surrogatepass"))
    for _ in range(EACH):
        read(decoder, spoil(dice.choice(WHOLES[decoder]), dice.choice(WHOLES[decoder]), dice))


@pytest.mark.soak
@pytest.mark.parametrize("decoder", DECODERS)
def test_a_search_finds_nothing_that_is_not_a_typed_error(decoder: str) -> None:
    command = [sys.executable, "-m", "tests.property.malformed", decoder, str(SEARCHED)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
