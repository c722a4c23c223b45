"""Tries damaged AS2 messages and receipts, a hundred thousand unless told otherwise, as tests/translators/fuzz.py does.

Prints each input that was accepted or raised what is not documented, and at the end the seed and the figures.
"""

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # as pytest does

from support.as2_trials import As2Trial


def main(rounds: int = 100_000, seed: int | None = None) -> int:
    """Exit status: 0 nothing was accepted and nothing raised, 1 something was."""
    trial = As2Trial(time.time_ns() if seed is None else seed)
    for wrong in trial.run(rounds):
        print(wrong, flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"seed {trial.seed}: {rounds} AS2 messages, {dict(trial.outcomes)}, {time.process_time():.0f} s of CPU, "
        f"the slowest {trial.slowest * 1000:.0f} ms, {memory} MB at most"
    )
    return trial.outcomes["raised"] + trial.outcomes["accepted"] > 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
