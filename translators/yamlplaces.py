"""Where something inside a text stands in the file, when the text was quoted, folded or indented."""

_BLOCKS = ("|", ">")
_ESCAPES = {'"': "\\", "'": "'"}


def place_behind(before: str, content: str, start: tuple[int, int]) -> tuple[int, int]:
    """Line and column of what follows `before` in the scalar that begins at `start` of `content`.

    Only visible characters are counted, because line breaks and indentation are what YAML changes.
    """
    lines = content.split("\n")
    place = sum(len(line) + 1 for line in lines[: start[0] - 1]) + start[1] - 1
    quote = content[place : place + 1]
    if quote in _BLOCKS:
        place = content.find("\n", place) + 1
    elif quote in _ESCAPES:
        place += 1
    ahead = len("".join(before.split()))
    for _ in range(ahead):
        place = _visible(content, place)
        # An escaped character is two in the file: '' or \".
        place += 2 if content[place : place + 1] == _ESCAPES.get(quote) else 1
    if before[-1:].strip() == "":
        place = _visible(content, place)
    line_start = content.rfind("\n", 0, place) + 1
    return content.count("\n", 0, place) + 1, place - line_start + 1


def _visible(content: str, place: int) -> int:
    while place < len(content) and content[place].isspace():
        place += 1
    return place
