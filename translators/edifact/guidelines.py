"""Guidelines of associations and partners over a directory: what they narrow, checked message by message.

A guideline is a YAML file. It may only take less than the directory or than the guideline it extends; where it takes
more, it says why (`widens`). It is chosen by the association code of the message (0057), or by the caller.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from translators import yamlfiles
from translators.edifact.arranging import arrange
from translators.edifact.directory import Directory, directory
from translators.edifact.faults import Faults
from translators.edifact.guidelinenarrowing import widenings
from translators.edifact.guidelinepaths import resolve
from translators.edifact.guidelinerules import GuidelineRule, tell
from translators.edifact.guidelinespecs import GuidelineSpec, RuleSpec
from translators.edifact.interchange import Message
from translators.edifact.structure import GroupInstance, Placed
from translators.edifact.widening import widened
from translators.fileproblems import FileProblem, FileProblems
from translators.findings import Finding
from translators.yamlfiles import YamlFile

_DEEPEST = 8


class Guideline:
    """A guideline with everything it inherits. Made once, used by any number of threads."""

    def __init__(
        self, name: str, message: str, release: str, association: frozenset[str], rules: tuple[GuidelineRule, ...]
    ) -> None:
        self.name = name
        self.message = message
        self.release = release
        self.association = association
        self.rules = rules
        self._tables: dict[Directory, Directory] = {}

    def suits(self, message: Message) -> bool:
        """Whether a message is of its type and release and carries one of its association codes (if it has any)."""
        if (message.type, message.directory) != (self.message, self.release):
            return False
        return not self.association or message.association in self.association

    def check(self, message: Message, root: GroupInstance | None = None, limit: int = 500) -> tuple[Finding, ...]:
        """What in the message the guideline does not take; `root` spares arranging it again.

        Nothing for a message that cannot be arranged: the directory tells what is wrong with it.
        """
        faults = Faults(limit)
        version = message.header.version if message.header else "3"
        faults.open(message.header.reference if message.header else "", version)
        faults.message = message.reference[:35]
        faults.group = message.group.reference[:35] if message.group else None
        if root is None:
            tables = directory(self.release, version)
            structure = tables.structure(message.type) if tables is not None else None
            if structure is None:
                return ()
            placed = [Placed(segment, position) for position, segment in enumerate(message.segments, 1)]
            root = arrange(placed, structure, Faults(0))
        for rule in self.rules:
            tell(rule, root, message, self.name, faults)
        return tuple(faults.findings)

    def tables(self, base: Directory) -> Directory:
        """The directory with what the guideline widens; the directory itself when it widens nothing."""
        if base not in self._tables:
            self._tables[base] = widened(base, self.message, self.rules)
        return self._tables[base]


def guideline(path: Path) -> Guideline:
    """The guideline in a file. Raises FileProblems with file, line and column of every mistake.

    What it extends is looked for beside it, then among the guidelines that ship.
    """
    return _load(path, ())


@cache
def shipped_guidelines() -> tuple[Guideline, ...]:
    """The guidelines that ship and are chosen by an association code, in the order of their file names.

    Those without a code hold only where the caller hands them over: see `shipped_guideline`.
    """
    return tuple(each for name in shipped_names() if (each := shipped_guideline(name)).association)


@cache
def shipped_names() -> tuple[str, ...]:
    """Of all guidelines that ship, with an association code or without."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


@cache
def shipped_guideline(name: str) -> Guideline:
    """One that ships, as in `odette-jai-delfor-d04a`. Raises FileProblems when there is none."""
    return guideline(_folder().joinpath(f"{name}.yaml"))


def _folder() -> Path:
    return Path(str(files("translators").joinpath("guidelines")))


def choose(guidelines: Iterable[Guideline], message: Message) -> Guideline | None:
    """The first guideline that suits a message; one with the association code of the message before one without any."""
    suitable = [each for each in guidelines if each.suits(message)]
    return min(suitable, key=lambda each: not each.association, default=None)


def _load(path: Path, below: tuple[Path, ...]) -> Guideline:
    file = yamlfiles.load(path)
    spec = yamlfiles.convert(file, GuidelineSpec)
    base = _base(file, spec, (*below, path)) if spec.extends is not None else None
    message, release = _meant(file, spec, base)
    tables = directory(release)
    structure = tables.structure(message) if tables is not None else None
    if tables is None or structure is None:
        known = "release" if tables is None else "message"
        text = f"there is no directory table of {message} {release}"
        raise FileProblems([file.problem(f"$.{known}", text)])
    problems: list[FileProblem] = []
    rules = {rule.spec.at: rule for rule in base.rules} if base is not None else {}
    written: set[str] = set()
    for number, one in enumerate(spec.rules):
        at = f"$.rules[{number}]"
        if one.at in written:
            problems.append(file.problem(f"{at}.at", f"two rules stand at `{one.at}`; write one"))
        written.add(one.at)
        try:
            target = resolve(one.at, tables, structure)
            when = resolve(one.when, tables, structure) if one.when is not None else None
        except ValueError as error:
            problems.append(file.problem(f"{at}.at", str(error)))
            continue
        inherited = rules.get(one.at)
        found = widenings(one, target, tables, inherited.spec if inherited is not None else None)
        problems += [file.problem(f"{at}.{field}" if field else at, text) for field, text in found]
        rules[one.at] = GuidelineRule(_merged(one, inherited.spec if inherited is not None else None), target, when)
    if problems:
        raise FileProblems(problems)
    association = frozenset(spec.association) or (base.association if base is not None else frozenset())
    return Guideline(spec.name, message, release, association, tuple(rules.values()))


def _base(file: YamlFile, spec: GuidelineSpec, below: tuple[Path, ...]) -> Guideline:
    name = f"{spec.extends}.yaml"
    places = [file.path.parent / name, _folder().joinpath(name)]
    path = next((each for each in places if Path(name).name == name and each.is_file()), None)
    if path is None:
        raise FileProblems([file.problem("$.extends", f"there is no guideline `{spec.extends}`")])
    if path.resolve() in (each.resolve() for each in below) or len(below) >= _DEEPEST:
        raise FileProblems([file.problem("$.extends", "this guideline extends itself")])
    return _load(path, below)


def _meant(file: YamlFile, spec: GuidelineSpec, base: Guideline | None) -> tuple[str, str]:
    """Message and release; inherited ones may be said again, but not otherwise."""
    return (
        _same(file, "message", spec.message, base.message if base is not None else None),
        _same(file, "release", spec.release, base.release if base is not None else None),
    )


def _same(file: YamlFile, word: str, said: str | None, inherited: str | None) -> str:
    if said is not None and inherited is not None and said != inherited:
        raise FileProblems([file.problem(f"$.{word}", f"the guideline it extends is for {inherited}, not {said}")])
    found = said if said is not None else inherited
    if found is None:
        raise FileProblems([file.problem("$", f"`{word}` is required where nothing is extended")])
    return found


def _merged(one: RuleSpec, inherited: RuleSpec | None) -> RuleSpec:
    """What the inherited rule says holds on, but for what this one says."""
    if inherited is None:
        return one
    chosen_codes = one if one.values else inherited
    return RuleSpec(
        at=one.at,
        required=(one.required or inherited.required) and not (one.optional or one.not_used),
        not_used=(one.not_used or inherited.not_used) and not (one.optional or one.required),
        optional=one.optional or inherited.optional,
        most=one.most if one.most is not None else inherited.most,
        longest=one.longest if one.longest is not None else inherited.longest,
        shortest=one.shortest if one.shortest is not None else inherited.shortest,
        codes=chosen_codes.codes,
        fixed=chosen_codes.fixed,
        when=one.when if one.when is not None else inherited.when,
        because=one.because or inherited.because,
        severity=one.severity,
        widens=one.widens if one.widens is not None else inherited.widens,
    )
