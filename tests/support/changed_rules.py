"""Rules as somebody changed them."""

from pathlib import Path

from policies.loading import PolicySet, load


def rewrite(rules: Path, name: str, before: str, after: str) -> None:
    """The first place in a file; it may be wrong afterwards."""
    path = rules / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def rewrite_limits(rules: Path, before: str = "5000 per 1s", after: str = "4000 per 1s") -> None:
    rewrite(rules, "limits.yaml", before, after)


def edited(rules: Path, name: str, before: str, after: str) -> PolicySet:
    rewrite(rules, name, before, after)
    return load(rules)


def added(rules: Path, name: str, text: str) -> PolicySet:
    """At the end of a file."""
    path = rules / name
    path.write_text(path.read_text() + text)
    return load(rules)
