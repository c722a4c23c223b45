"""A cross-reference as a conversion: what stands in the message to the canonical code, as of a day if need be."""

from collections.abc import Callable
from datetime import date

from translators.mapping.crossrefs import CrossReference

Convert = Callable[[str, str], str | None]
"""(text, the code that says how it is written) -> the canonical text, None for nothing. Raises ValueError."""


class Unknown(ValueError):  # noqa: N818 - not always an error
    """A code that a cross-reference which does not refuse does not have; `value` is what goes on in its place."""

    def __init__(self, text: str, value: str, policy: str) -> None:
        super().__init__(text)
        self.value = value
        self.policy = policy


def as_it_is(text: str, _: str) -> str:
    """No conversion at all."""
    return text


class LookUp:
    """A cross-reference with what is to be done before; dated tables look at the day of the run."""

    def __init__(self, table: CrossReference, convert: Convert) -> None:
        self._table = table
        self._passes = table.others == "pass"
        self._convert = convert
        self._codes = None if table.is_dated else table.reading(None)
        self._by_day: dict[date | None, dict[str, str]] = {}

    def on(self, day: date | None) -> Convert:
        """The conversion as of a day."""
        codes = self._codes
        if codes is None:
            if day not in self._by_day:
                self._by_day = {**dict(list(self._by_day.items())[-400:]), day: self._table.reading(day)}
            codes = self._by_day[day]
        return lambda text, shape: self._looked_up(codes, text, shape)

    def quickly(self) -> Convert:
        """The conversion when the day does not matter: a code that is there is one look away."""
        codes, convert = self._codes or {}, self._convert
        if convert is not as_it_is:
            return lambda text, shape: self._looked_up(codes, text, shape)

        def look_up(text: str, shape: str) -> str | None:
            return codes[text] if text in codes else self._looked_up(codes, text, shape)

        return look_up

    def __call__(self, text: str, shape: str) -> str | None:
        return self._looked_up(self._codes or {}, text, shape)

    @property
    def is_dated(self) -> bool:
        return self._codes is None

    @property
    def codes(self) -> dict[str, str]:
        """What it knows, when the day does not matter."""
        return self._codes or {}

    def _looked_up(self, codes: dict[str, str], text: str, shape: str) -> str | None:
        converted = self._convert(text, shape)
        if converted is None or converted in codes:
            return codes.get(converted) if converted is not None else None
        if self._passes:
            return converted
        sentence = f"`{text[:40]}` is not in the table `{self._table.name}`"
        if self._table.others == "park":
            raise Unknown(sentence + "; a person has to add it", converted, "park")
        known = list(codes)
        more = f" and {len(known) - 40} more" if len(known) > 40 else ""
        raise ValueError(f"{sentence}; known are {', '.join(known[:40])}{more}")
