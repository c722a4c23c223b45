"""Words of any number that may stand before, between and behind the options of a command."""

import argparse
from typing import Any


class Verb(argparse.ArgumentParser):
    """`explain a=b --json c=d`: argparse takes such words up to the first option alone and knows the others no more."""

    among_options: str | None = None
    """The argument that takes them."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        chosen, left = super().parse_known_args(args, namespace)
        if self.among_options is None:
            return chosen, left
        words = [word for word in left if not word.startswith("-")]
        setattr(chosen, self.among_options, [*getattr(chosen, self.among_options), *words])
        return chosen, [word for word in left if word.startswith("-")]
