"""Damage as it happens: bytes lost, doubled, swapped, replaced, cut off; whole lines gone or out of place."""

from random import Random

_ODD = bytes(range(256))


def damaged(content: bytes, random: Random) -> bytes:
    """`content` with one to four things wrong."""
    for _ in range(random.randint(1, 4)):
        content = random.choice((_replaced, _lost, _doubled, _swapped, _cut, _line_lost, _line_moved))(content, random)
    return content


def _replaced(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + bytes([random.choice(_ODD)]) + content[at + 1 :]


def _lost(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + content[at + random.randint(1, 12) :]


def _doubled(content: bytes, random: Random) -> bytes:
    at, length = random.randrange(len(content) + 1), random.randint(1, 120)
    return content[: at + length] + content[at:]


def _swapped(content: bytes, random: Random) -> bytes:
    first, second = sorted(random.randrange(len(content) + 1) for _ in range(2))
    return content[:first] + content[second : second + 1] + content[first + 1 : second] + content[second:]


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)] if random.random() < 0.3 else content


def _line_lost(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if lines:
        del lines[random.randrange(len(lines))]
    return b"".join(lines)


def _line_moved(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if lines:
        line = lines.pop(random.randrange(len(lines)))
        lines.insert(random.randrange(len(lines) + 1), line)
    return b"".join(lines)
