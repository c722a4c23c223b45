"""Numbers whose sign says what the document says already: what a credit memo of cXML gives back is negative."""

from collections.abc import Callable

Conversion = Callable[[str, str], str | None]


def sign_conversions(decimal: Callable[[str], str]) -> dict[str, Conversion]:
    """`decimal` makes a figure of a text. Raises ValueError with a sentence, as every conversion does."""

    def negated(text: str, _: str = "") -> str:
        figure = decimal(text)
        if not figure.startswith("-") and figure.strip("0."):
            raise ValueError(f"`{text[:40]}` is positive, where what is given back is negative")
        return figure.removeprefix("-")

    def unsigned(text: str, _: str = "") -> str:
        return decimal(text).removeprefix("-")

    return {"negated": negated, "unsigned": unsigned, "given_back": unsigned}


def _negative(figure: str) -> str:
    if figure.startswith("-"):
        return figure[1:]
    return f"-{figure}" if figure.strip("0.") else figure


SIGN_INVERSES: dict[str, Callable[[str], str]] = {
    "negated": _negative,
    "unsigned": lambda figure: figure,
    "given_back": _negative,
}
