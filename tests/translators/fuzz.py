"""Tries damaged inputs, a hundred thousand unless told otherwise: `make fuzz ARGS="20000 7"` tries 20,000 of seed 7.

Prints each input that raised what is not documented, with the traceback, and at the end the seed and the figures.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from support.trials import Trial


def main(rounds: int = 100_000, seed: int | None = None) -> int:
    """Exit status: 0 nothing was raised, 1 something was."""
    trial = Trial(time.time_ns() if seed is None else seed)
    for content, raised in trial.run(rounds):
        print(content, raised, sep="\n", flush=True)
    print(f"seed {trial.seed}: {rounds} inputs, {dict(trial.outcomes)}, {time.process_time():.0f} s of CPU")
    return trial.outcomes["raised"] > 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
