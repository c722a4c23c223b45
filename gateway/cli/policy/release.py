"""`policy promote` puts a set of rules in force; `policy rollback` brings an earlier one back."""

import argparse
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.cli.policy.check import tell_warnings, tests_of, warnings_of, warnings_told
from gateway.cli.policy.keys import next_number, refuse_what_cannot_count, write_signed
from gateway.cli.policy.sources import folder_of, kept_here, settings_here, signers_here
from gateway.cli.policy.telling import RULES
from gateway.cli.telling import Impossible, carefully, json_option, moment_or_span, partners_option, tell_json
from gateway.settings import Settings
from policies.folders import read_folder, write_folder
from policies.loading import load
from policies.manifests import MANIFEST, Manifest, is_signed, read_manifest, rules_in
from policies.policyset import PolicySet
from policies.signers import PrivateKey
from policies.signing import NotYet, Terms, verify
from policies.testing import Report
from translators.fileproblems import FileProblem, FileProblems


def add_commands(verbs: Any) -> None:
    promoted = verbs.add_parser("promote", help="check, test and verify a folder of rules, then put it in force")
    promoted.add_argument("candidate", metavar="CANDIDATE", type=Path, help="a folder of rules")
    promoted.add_argument("--to", type=Path, help="the folder the gateways read; default: GATEWAY_POLICIES")
    promoted.add_argument("--coverage", type=int, default=0, metavar="PERCENT", help="refuse when tests cover less")
    promoted.add_argument("--dry-run", action="store_true", help="only tell whether it could be put in force")
    partners_option(promoted)
    json_option(promoted)
    promoted.set_defaults(run=carefully(_promote))

    back = verbs.add_parser("rollback", help="bring an earlier set back, as a new one with the old files")
    back.add_argument(
        "earlier", metavar="NUMBER|REVISION", help="a set that was kept here, by a gateway or by `promote`"
    )
    back.add_argument(
        "--out", type=Path, help="write it there to be signed and approved, instead of putting it in force"
    )
    back.add_argument("--to", type=Path, help="the folder the gateways read; default: GATEWAY_POLICIES")
    back.add_argument("--key", type=Path, help="sign it with your private key")
    back.add_argument("--as", dest="name", help="your name in the file of signers")
    back.add_argument("--why", help="what made it necessary")
    back.add_argument("--expires", type=moment_or_span, default=None, help="a date, or a time from now; default 90d")
    json_option(back)
    back.set_defaults(run=carefully(_rollback))


# ---- promote -------------------------------------------------------------------------------------------------------


def _promote(chosen: argparse.Namespace) -> int:
    settings = settings_here()
    target = _target(chosen.to, settings)
    files = read_folder(chosen.candidate)
    rules, report, problems = _tried(chosen.candidate, chosen.coverage)
    manifest, unsigned = _signature(files, chosen.candidate, target, settings)
    if rules is None or report is None or problems or unsigned:
        raise FileProblems([*problems, *unsigned])
    warned = warnings_of(rules, report, chosen.partners)
    if not chosen.dry_run:
        _keep_what_is_replaced(target, files, settings)
        put_in_force(files, target)
    told = "could be put" if chosen.dry_run else "put"
    number = f"number {manifest.number}, " if manifest is not None else ""
    if chosen.json:
        told_number = manifest.number if manifest is not None else None
        tell_json({"ok": True, "number": told_number, "revision": rules.revision, "folder": str(target),
                   "done": not chosen.dry_run, "warnings": warnings_told(warned)})  # fmt: skip
    else:
        tell_warnings(warned)
        print(f"{told} in force at {target}: {number}revision {rules.revision}")
        print("gateways notice within seconds; `policy status` tells which one runs what")
    return 0


def _target(named: Path | None, settings: Settings) -> Path:
    target: Path = named or settings.policies
    if target.resolve() == RULES.resolve():
        raise Impossible("the packaged rules are not changed; name your own folder with `--to` or GATEWAY_POLICIES")
    return target


def _tried(candidate: Path, coverage: int) -> tuple[PolicySet | None, Report | None, list[FileProblem]]:
    """The rules and what their tests say, as far as they can be read; and what is wrong with either."""
    try:
        rules = load(candidate)
        report = tests_of(rules, candidate)
    except FileProblems as found:
        return None, None, list(found.problems)
    problems = list(report.failures)
    if report.coverage.percent < coverage:
        text = f"tests cover {report.coverage.percent} % of the rules; {coverage} % are asked for"
        problems.append(FileProblem(candidate / "tests", 0, 0, text))
    return rules, report, problems


def _signature(
    files: dict[str, bytes], candidate: Path, target: Path, settings: Settings
) -> tuple[Manifest | None, list[FileProblem]]:
    """The candidate's manifest when it is signed, and why no gateway would take it so."""
    signers = signers_here(settings)
    if signers is None:
        return read_manifest(files, candidate) if is_signed(files) else None, []
    try:
        manifest = verify(files, candidate, signers, datetime.now(UTC))
    except NotYet:  # each gateway takes it in its time
        manifest = read_manifest(files, candidate)
    except FileProblems as found:
        return None, list(found.problems)
    live = read_folder(target) if target.is_dir() else {}
    kept = kept_here(settings)
    highest = max(kept.highest(), read_manifest(live, target).number if is_signed(live) else 0)
    # The set in force may be put back where its folder was lost or damaged.
    same = files[MANIFEST] in [live.get(MANIFEST), *kept.manifests()]
    if manifest.number < highest or (manifest.number == highest and not same):
        text = f"number {manifest.number} is not above {highest}, which was in force; sign it again with the next"
        return manifest, [FileProblem(candidate / MANIFEST, 0, 0, text)]
    return manifest, []


def _keep_what_is_replaced(target: Path, files: dict[str, bytes], settings: Settings) -> None:
    """So that there is a way back also from a machine on which no gateway runs."""
    live = read_folder(target) if target.is_dir() else {}
    if live and live != files:
        kept_here(settings).keep_replaced(live, read_manifest(live, target).number if is_signed(live) else None)


def put_in_force(files: dict[str, bytes], target: Path) -> None:
    """The folder is replaced as a whole: whoever reads it finds the old files or the new ones."""
    target.parent.mkdir(parents=True, exist_ok=True)
    coming, going = (target.parent / f".{target.name}.{word}-{os.getpid()}" for word in ("coming", "going"))
    write_folder(files, coming)
    if target.exists():
        target.rename(going)
    coming.rename(target)
    shutil.rmtree(going, ignore_errors=True)


# ---- rollback ------------------------------------------------------------------------------------------------------


def _rollback(chosen: argparse.Namespace) -> int:
    settings = settings_here()
    source = folder_of(chosen.earlier)
    earlier = read_folder(source)
    files = rules_in(earlier)
    load(source)  # it was good once; the gateway that reads it now may be another
    if signers_here(settings) is None and chosen.out is None:
        target = _target(chosen.to, settings)
        _keep_what_is_replaced(target, files, settings)
        put_in_force(files, target)
        return _told(chosen, f"put in force again at {target}: revision {load(target).revision}", target)
    if chosen.out is None or chosen.key is None or chosen.name is None or chosen.why is None:
        raise Impossible("a way back is signed and approved too: name `--out`, `--key`, `--as` and `--why`")
    if chosen.out.exists():
        raise Impossible(f"{chosen.out} is already there; name a folder that is not")
    key = PrivateKey.load(chosen.key)
    refuse_what_cannot_count(chosen, key)
    write_folder(files, chosen.out)
    now = datetime.now(UTC).replace(microsecond=0)
    terms = Terms(
        number=next_number(chosen.out),
        revision=load(chosen.out).revision,
        author=chosen.name,
        why=chosen.why,
        made_at=now,
        expires=chosen.expires or now + timedelta(days=90),
        restores=read_manifest(earlier, source).number if is_signed(earlier) else None,
    )
    write_signed(chosen.out, terms, key)
    restored = f"restoring number {terms.restores}" if terms.restores is not None else f"restoring {terms.revision}"
    return _told(
        chosen, f"signed as number {terms.number}, {restored}; now others approve it, then promote it", chosen.out
    )


def _told(chosen: argparse.Namespace, sentence: str, folder: Path) -> int:
    if chosen.json:
        tell_json({"ok": True, "folder": str(folder), "revision": load(folder).revision})
    else:
        print(sentence)
    return 0
