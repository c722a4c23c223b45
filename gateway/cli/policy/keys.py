"""`policy keygen`, `sign` and `approve`: who says that a set of rules is meant."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.cli.policy.check import tests_of
from gateway.cli.policy.compare import plans_of, tell_comparison
from gateway.cli.policy.sources import folder_of, kept_here, settings_here, signers_here
from gateway.cli.policy.telling import profiles
from gateway.cli.telling import Impossible, carefully, json_option, moment_or_span, partners_option, tell_json
from policies.comparing import compare_sets
from policies.folders import read_folder
from policies.loading import load
from policies.manifests import MANIFEST, SIGNATURES, is_signed, read_manifest, read_signatures, rules_in
from policies.signers import PrivateKey
from policies.signing import Terms, approve, approvers_of, sign
from translators.fileproblems import FileProblems

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
"""Of a signer, as the file of signers takes it."""


def add_commands(verbs: Any) -> None:
    made = verbs.add_parser("keygen", help="a key to sign rules with, and its line for the file of signers")
    made.add_argument("name", help="the signer's name, as in the file of signers")
    made.add_argument("--key", type=Path, required=True, help="where the private key goes; nobody else may read it")
    json_option(made)
    made.set_defaults(run=carefully(_keygen))

    signed = verbs.add_parser("sign", help="sign a folder of rules as its author; earlier approvals are void")
    signed.add_argument("folder", type=Path, help="of rules")
    _signer_options(signed)
    signed.add_argument("--why", "--reason", required=True, help="for those who approve, and for whoever looks back")
    signed.add_argument("--number", type=int, help="default: one more than any known here")
    signed.add_argument("--expires", type=moment_or_span, default=None, help="a date, or a time from now; default 90d")
    signed.add_argument("--not-before", type=moment_or_span, help="comes into force then")
    json_option(signed)
    signed.set_defaults(run=carefully(_sign))

    approved = verbs.add_parser("approve", help="see what a signed set changes, and approve it")
    approved.add_argument("folder", type=Path, help="of rules")
    _signer_options(approved)
    approved.add_argument("--against", default="live", help="the set it is compared with; default: the live one")
    partners_option(approved)
    json_option(approved)
    approved.set_defaults(run=carefully(_approve))


def _signer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", type=Path, required=True, help="your private key")
    parser.add_argument("--as", dest="name", required=True, help="your name in the file of signers")


def _keygen(chosen: argparse.Namespace) -> int:
    if not NAME.fullmatch(chosen.name):
        raise Impossible(f"`{chosen.name}` is no name; use small letters, digits, `-`, `_` and `.`")
    try:
        public = PrivateKey.create(chosen.key).public.text
    except FileExistsError:
        raise Impossible(f"{chosen.key} is already there, and a key is never overwritten") from None
    line = f'- {{name: {chosen.name}, key: "{public}"}}'
    if chosen.json:
        tell_json({"ok": True, "name": chosen.name, "key": public})
    else:
        print(f"made {chosen.key}; this line goes into the file of signers:\n{line}")
    return 0


def _sign(chosen: argparse.Namespace) -> int:
    key = PrivateKey.load(chosen.key)
    refuse_what_cannot_count(chosen, key)
    rules = load(chosen.folder)
    failures = tests_of(rules, chosen.folder).failures
    if failures:
        raise FileProblems(failures)
    now = datetime.now(UTC)
    terms = Terms(
        number=chosen.number or next_number(chosen.folder),
        revision=rules.revision,
        author=chosen.name,
        why=chosen.why,
        made_at=now.replace(microsecond=0),
        expires=(chosen.expires or now + timedelta(days=90)).replace(microsecond=0),
        not_before=chosen.not_before,
    )
    write_signed(chosen.folder, terms, key)
    if chosen.json:
        tell_json({"ok": True, "number": terms.number, "revision": terms.revision, "expires": terms.expires})
    else:
        print(f"signed as number {terms.number} by {terms.author}, revision {terms.revision}")
        print(f"expires {terms.expires:%Y-%m-%d %H:%M} UTC; now others approve it: policy approve {chosen.folder}")
    return 0


def refuse_what_cannot_count(chosen: argparse.Namespace, key: PrivateKey) -> None:
    """What would only be found out after others have approved it: raises Impossible."""
    if not chosen.why.strip():
        raise Impossible("`--why` is empty; write what others need to know to approve it")
    now = datetime.now(UTC)
    if chosen.expires is not None and chosen.expires <= now:
        raise Impossible(f"`--expires` is over: {chosen.expires:%Y-%m-%d %H:%M} UTC; name a moment to come")
    signers = signers_here(settings_here())
    if signers is None:
        return
    known = signers.by_name.get(chosen.name)
    if known is None or "author" not in known.may:
        raise Impossible(f"`{chosen.name}` may not sign as an author; the file of signers says who may")
    if known.key.raw != key.public.raw:
        raise Impossible(f"{chosen.key} is not the key of `{chosen.name}`")


def write_signed(folder: Path, terms: Terms, key: PrivateKey) -> None:
    for name, content in sign(read_folder(folder), terms, key).items():
        (folder / name).write_bytes(content)


def next_number(folder: Path) -> int:
    """One more than any number known here: of this folder, of the live one, of those kept."""
    settings = settings_here()
    known = [kept_here(settings).highest()]
    for place in (folder, settings.policies):
        files = read_folder(place) if place.is_dir() else {}
        if is_signed(files):
            known.append(read_manifest(files, place).number)
    return max(known) + 1


def _approve(chosen: argparse.Namespace) -> int:
    signers = signers_here(settings_here())
    if signers is None:
        raise Impossible("GATEWAY_POLICY_SIGNERS names no file, so nobody can say whose approval counts")
    key = PrivateKey.load(chosen.key)
    files = read_folder(chosen.folder)
    manifest = read_manifest(files, chosen.folder)
    after = load(chosen.folder)
    found = compare_sets(load(folder_of(chosen.against)), after, datetime.now(UTC), plans_of(profiles(chosen.partners)))
    content = approve(files, chosen.folder, chosen.name, key, signers)
    (chosen.folder / SIGNATURES).write_bytes(content)
    signatures = read_signatures({**files, SIGNATURES: content}, chosen.folder)
    approvers = sorted(approvers_of(files[MANIFEST], manifest.author, signatures, signers))
    missing = max(0, signers.approvals - len(approvers))
    if chosen.json:
        told = {"number": manifest.number, "author": manifest.author, "approvers": approvers, "missing": missing}
        tell_json({"ok": True, **told, "changes": found})
        return 0
    print(f"number {manifest.number} by {manifest.author}, {len(rules_in(files))} files: {manifest.why}")
    tell_comparison(found)
    print(
        f"approved by {', '.join(approvers)}; {missing} more needed"
        if missing
        else f"approved by {', '.join(approvers)}"
    )
    return 0
