"""`partner-gateway policy`: what it prints, what it exits with, and that it never shows a traceback."""

import asyncio
import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from support.serving import an_order, serving

from gateway.cli.main import main
from gateway.cli.policy.compare import past_of
from gateway.cli.policy.sources import kept_here, settings_here
from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.database import open_pool
from gateway.ledger.judging import JudgedMessage
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import PayloadKey, Sealer
from gateway.ledger.watching import Difference, GatewayReport
from gateway.settings import PACKAGED
from gateway.submissions import Credential, Receipt, Rejection, Submission
from policies.keeping import Kept
from policies.live import LivePolicies
from policies.loading import load
from policies.signers import load_signers

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with live rules, where commands are run."""
    shutil.copytree(PACKAGED / "policies" / "rules", tmp_path / "live")
    monkeypatch.setenv("GATEWAY_POLICIES", str(tmp_path / "live"))
    monkeypatch.setenv("GATEWAY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(house: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*words: str) -> Ran:
        try:
            status = main(["policy", *words])
        except SystemExit as ended:
            status = int(str(ended.code))
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return status, told.out, told.err

    return running


@pytest.fixture
def signed(house: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sets must be signed: mira and jonas may, one approval is needed."""
    lines = [run("keygen", name, "--key", f"{name}.pem")[1].splitlines()[-1] for name in ("mira", "jonas")]
    (house / "signers.yaml").write_text("\n".join(["kind: signers", "approvals: 1", "signers:", *lines, ""]))
    monkeypatch.setenv("GATEWAY_POLICY_SIGNERS", str(house / "signers.yaml"))
    return house


def candidate(house: Path, *changes: tuple[str, str, str]) -> Path:
    folder = house / "candidate"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(house / "live", folder)
    for name, old, new in changes:
        path = folder / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))
    return folder


SLOWER = ("limits.yaml", "rate: 5000 per 1s", "rate: 3000 per 1s")
MISTAKE = ("limits.yaml", "rate: 5000 per 1s", "rate: 5000 per minite")


def test_check_tells_every_mistake_and_exits_with_1(run: Run, house: Path) -> None:
    candidate(house, MISTAKE, ("access.yaml", "may: call", "may: cal"))
    status, out, err = run("check", "--rules", "candidate")
    assert (status, out) == (1, "")
    assert re.fullmatch(
        r"candidate/access\.yaml:\d+:\d+: .*\ncandidate/limits\.yaml:20:9: unknown unit `minite`; .*\n", err
    )


def test_check_in_json_has_places(run: Run, house: Path) -> None:
    candidate(house, MISTAKE)
    status, out, _ = run("check", "--rules", "candidate", "--json")
    told = json.loads(out)
    assert (status, told["ok"]) == (1, False)
    assert told["problems"][0] | {"text": ""} == {
        "file": "candidate/limits.yaml", "line": 20, "column": 9, "text": "",
    }  # fmt: skip


def test_check_warns_and_strictly_fails(run: Run, house: Path) -> None:
    gone = "- name: gone\n  why: a test\n  mode: observe\n  may: call\n  senders: [plant]\n  until: 2026-01-01\n"
    candidate(house, ("access.yaml", "rules:\n", f"rules:\n{gone}"))
    status, out, _ = run("check", "--rules", "candidate")
    assert status == 0
    assert "is over since 2026-01-01; take it away [expired]" in out
    assert run("check", "--rules", "candidate", "--strict")[0] == 1


def test_a_failing_case_is_a_problem_of_the_check(run: Run, house: Path) -> None:
    candidate(house, ("limits.yaml", "lines: 100", "lines: 300"))
    status, _, err = run("check", "--rules", "candidate")
    assert status == 1
    assert "candidate/tests/partners.yaml" in err


def test_a_plan_that_is_misspelt_is_told_without_what_follows_from_it(run: Run, house: Path) -> None:
    candidate(house, ("limits.yaml", "plans: [standard]", "plans: [standart]"))
    status, out, err = run("check", "--rules", "candidate")
    assert (status, out) == (1, "")
    cause, rest = err.splitlines()
    assert re.fullmatch(
        r"candidate/limits\.yaml:\d+:11: no profile has the plan `standart`; correct it, or take it away", cause
    )
    assert re.fullmatch(r"\d+ cases fail, which may follow from this; `policy test` tells each", rest)
    told = json.loads(run("check", "--rules", "candidate", "--json")[1])
    assert (told["ok"], len(told["problems"])) == (False, 1)
    assert told["failing_cases_not_told"] == int(rest.split()[0]) > 20


def test_an_idle_address_list_is_a_warning_and_hides_no_case_that_fails(run: Run, house: Path) -> None:
    office = ("access.yaml", "addresses: []", "addresses:\n- {name: office, why: a test, networks: [192.0.2.7/32]}")
    candidate(house, office)
    status, out, _ = run("check", "--rules", "candidate")
    assert status == 0
    assert "no rule and no zone uses the address list `office`; " in out
    (told,) = json.loads(run("check", "--rules", "candidate", "--json")[1])["warnings"]
    assert (told["kind"], told["rule"]) == ("dead", "office")
    candidate(house, office, ("limits.yaml", "lines: 100", "lines: 300"))
    status, out, err = run("check", "--rules", "candidate")
    assert (status, "[dead]" in out, "candidate/tests/partners.yaml" in err) == (1, True, True)


def test_test_counts_and_covers(run: Run, house: Path) -> None:
    status, out, _ = run("test")
    assert status == 0
    assert re.search(r"^(\d+) of \1 cases hold; \d+ of \d+ rules covered$", out, re.MULTILINE)
    for path in (house / "live" / "tests").glob("*.yaml"):
        if path.name != "partners.yaml":
            path.unlink()
    status, out, _ = run("test", "--coverage", "100")
    assert status == 1
    assert "not covered: " in out
    assert "100 % are asked for" in out
    status, out, _ = run("test", "--json")
    assert "plants-confirm-own-production" in [one["name"] for one in json.loads(out)["coverage"]["uncovered"]]


def test_without_a_case_test_is_no_yes(run: Run, house: Path) -> None:
    shutil.rmtree(house / "live" / "tests")
    status, out, _ = run("test")
    assert status == 1
    assert "there is no case in" in out


def test_explain_says_who_decided_and_why_the_others_did_not(run: Run) -> None:
    status, out, _ = run(
        "explain", "sender=aurora", "plan=standard", "roles=orders.send", "document=despatch_advice", "plant=salzungen"
    )
    assert status == 1
    assert out.startswith("refused with access.not_granted by access default (document 1): no rule allows it")
    assert "the sender needs the role `despatch.send`; it has `orders.send` (access.yaml:" in out


def test_explain_in_json_and_from_a_file(run: Run, house: Path) -> None:
    (house / "facts.yaml").write_text("sender: kiesel\nplan: trial\nroles: [orders.send]\ndocument: purchase_order\n")
    assert run("explain", "--file", "facts.yaml")[0] == 0
    status, out, _ = run("explain", "--file", "facts.yaml", "lines=101", "--json")
    told = json.loads(out)
    assert (status, told["decision"]["rule"]["name"]) == (1, "trial-lines")
    assert [one["rule"]["name"] for one in told["rules"] if one["decided"]] == ["trial-lines"]
    assert told["facts"]["documents"][0]["lines"] == 101


def test_explain_takes_lists_with_commas(run: Run) -> None:
    """Of plants and of what a document writes as well as of roles."""
    status, out, _ = run("explain", "sender=aurora", "plan=standard", "roles=orders.send,messages.read",
                         "document=purchase_order", "plants=salzungen,barchfeld", "writes=create sales_order.order",
                         "--json")  # fmt: skip
    facts = json.loads(out)["facts"]["documents"][0]
    assert sorted(facts["plants"]) == ["barchfeld", "salzungen"]
    assert facts["writes"] == ["create sales_order.order"]
    assert status == 0


def test_facts_and_options_stand_in_any_order(run: Run) -> None:
    usual = run("explain", "sender=kiesel", "plan=trial", "roles=orders.send", "document=purchase_order", "--json")
    status, out, _ = run("explain", "sender=kiesel", "--json", "plan=trial", "--all", "roles=orders.send",
                         "document=purchase_order")  # fmt: skip
    told = json.loads(out)
    assert (status, told["decision"]) == (usual[0], json.loads(usual[1])["decision"])
    assert run("explain", "--json", "sender=kiesel")[0] == 1
    status, out, err = run("explain", "sender=kiesel", "--jsno", "plan=trial")
    assert (status, out) == (2, "")
    assert err.endswith("error: unrecognized arguments: --jsno\n")


def test_explain_for_partners_tells_no_file(run: Run) -> None:
    status, out, _ = run("explain", "sender=kiesel", "plan=trial", "roles=orders.send", "document=purchase_order",
                         "lines=101", "--for-partner")  # fmt: skip
    assert status == 1
    assert "rule: trial-lines" in out
    assert "yaml" not in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["explain", "sendr=aurora"], "did you mean `sender`?"),
        (["explain", "nonsense"], "`nonsense` is neither a message id nor a fact; write e.g. `sender=nordlicht`"),
        (["explain", "sender=aurora", "--all", "nonsense"], "`nonsense` is neither a message id nor a fact"),
        (["explain", "sender=aurora", "address=notanaddress"],
         "`notanaddress` is no address; write e.g. `192.0.2.7` or `2001:db8::7`"),
        (["explain", "--file", "nowhere.yaml"], "nowhere.yaml: cannot be read: no such file or directory"),
        (["explain", "sender=a", "--rules", "nowhere"], "nowhere: there is no such folder of rules"),
        (["diff", "live", "nowhere"], "`nowhere` is neither a folder nor a set that was kept here; kept are: none"),
        (["replay", "nowhere"], "`nowhere` is neither a folder nor a set that was kept here"),
        (["replay", "live", "--since", "7"], "`7` is not a length of time; write e.g. `12h`, `7d` or `2w`"),
        (["diff", "live", "live", "--at", "soon"], "`soon` is not a date or a time with its zone"),
        (["promote", "nowhere"], "nowhere: there is no such folder of rules"),
        (["rollback", "3"], "`3` is neither a folder nor a set that was kept here"),
        (["sign", "live", "--key", "no.pem", "--as", "mira", "--why", "x"], "no.pem: cannot be read"),
        (["approve", "live", "--key", "no.pem", "--as", "mira"], "GATEWAY_POLICY_SIGNERS names no file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_cannot_be_done_is_a_sentence_and_2(run: Run, words: list[str], sentence: str) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert sentence in err


def test_what_cannot_be_done_is_json_where_it_is_asked_for(run: Run) -> None:
    status, out, err = run("diff", "live", "nowhere", "--json")
    assert (status, err) == (2, "")
    assert json.loads(out)["problems"][0]["text"].startswith("`nowhere` is neither")


def test_diff_tells_people_and_programs(run: Run, house: Path) -> None:
    candidate(house, SLOWER)
    status, out, _ = run("diff", "live", "candidate")
    assert status == 0
    assert "limit `standard-requests`: requests at 5000 per 1s, 5000 at once → requests at 3000" in out
    status, out, _ = run("diff", "live", "candidate", "--exit-code", "--json")
    told = json.loads(out)
    assert status == 1
    assert told["effects"][0]["partners"]
    assert told["rules"][0]["fields"] == {"rate": ["5000 per 1s", "3000 per 1s"]}
    assert run("diff", "live", "live", "--exit-code")[0] == 0


def test_promote_without_signers_checks_tests_and_replaces(run: Run, house: Path) -> None:
    candidate(house, MISTAKE)
    status, _, err = run("promote", "candidate")
    assert status == 2
    assert "unknown unit `minite`" in err
    candidate(house, ("limits.yaml", "lines: 100", "lines: 300"))
    assert run("promote", "candidate")[0] == 2, "a case fails"
    candidate(house, SLOWER)
    status, out, _ = run("promote", "candidate", "--dry-run")
    assert (status, out[:12]) == (0, "could be put")
    assert "3000" not in (house / "live" / "limits.yaml").read_text()
    assert run("promote", "candidate", "--coverage", "50")[0] == 0
    assert "rate: 3000 per 1s" in (house / "live" / "limits.yaml").read_text()
    assert run("diff", "live", "candidate")[1].endswith("the same rules\n")
    assert not list(house.glob(".live.*")), "nothing is left lying about"


DENIED = """\
rules:

- name: no-such-orders
  why: a test
  mode: enforce
  effect: deny
  may: send
  senders: [partner]
  partners: [nordlihct]
  documents: [purchase_ordre]
"""


def test_promote_tells_what_deserves_a_look(run: Run, house: Path) -> None:
    """A deny that is misspelt denies nothing; whoever puts it in force reads it then."""
    candidate(house, ("access.yaml", "rules:\n", DENIED))
    status, out, err = run("promote", "candidate", "--dry-run")
    assert (status, err) == (0, "")
    *warned, last, _ = (re.sub(r"^\S+: ", "", line) for line in out.splitlines())
    assert warned == [
        "no test covers `no-such-orders`; add a case to `tests/` [untested]",
        "there is no profile of the partner `nordlihct`; correct it, or take it away [dead]",
        "there is no kind of document `purchase_ordre`; did you mean `purchase_order`? [dead]",
    ]
    assert last.startswith("could be put in force at ")
    checked = json.loads(run("check", "--rules", "candidate", "--json")[1])["warnings"]
    status, out, _ = run("promote", "candidate", "--json")
    assert (status, json.loads(out)["warnings"]) == (0, checked)
    assert load(house / "live").revision == load(house / "candidate").revision, "a warning keeps nothing out of force"
    assert json.loads(run("promote", "candidate", "--json", "--partners", "nowhere")[1])["warnings"] == [
        one for one in checked if "profile" not in one["text"]
    ]


def test_the_packaged_rules_are_not_overwritten(run: Run, house: Path) -> None:
    candidate(house, SLOWER)
    status, _, err = run("promote", "candidate", "--to", str(PACKAGED / "policies" / "rules"))
    assert status == 2
    assert "the packaged rules are not changed" in err


def test_signed_sets_go_from_author_to_approver_to_live(run: Run, signed: Path) -> None:
    candidate(signed, SLOWER)
    assert run("promote", "candidate")[0] == 2
    status, out, _ = run("sign", "candidate", "--key", "mira.pem", "--as", "mira", "--why", "a test")
    assert (status, out.splitlines()[0][:32]) == (0, "signed as number 1 by mira, revi")
    status, _, err = run("promote", "candidate")
    assert (status, "1 approvals are needed, 0 count" in err) == (2, True)
    status, _, err = run("approve", "candidate", "--key", "mira.pem", "--as", "mira")
    assert (status, "`mira` is the author and cannot approve too" in err) == (2, True)
    status, out, _ = run("approve", "candidate", "--key", "jonas.pem", "--as", "jonas")
    assert status == 0
    assert "limit `standard-requests`: requests at 5000 per 1s" in out, "whoever approves sees what changes"
    assert out.endswith("approved by jonas\n")
    status, out, _ = run("promote", "candidate")
    assert (status, "number 1, revision sha256:" in out) == (0, True)


def test_a_lower_number_is_not_promoted(run: Run, signed: Path) -> None:
    for number in ("7", "6"):
        candidate(signed, ("limits.yaml", "burst: 10", f"burst: 10 # {number}"))
        run("sign", "candidate", "--key", "mira.pem", "--as", "mira", "--why", "a test", "--number", number)
        run("approve", "candidate", "--key", "jonas.pem", "--as", "jonas")
        status, _, err = run("promote", "candidate")
        assert status == (0 if number == "7" else 2)
    assert "number 6 is not above 7, which was in force" in err


def test_the_set_in_force_is_put_back_where_its_folder_was_lost(run: Run, signed: Path) -> None:
    candidate(signed, SLOWER)
    run("sign", "candidate", "--key", "mira.pem", "--as", "mira", "--why", "a test", "--number", "7")
    run("approve", "candidate", "--key", "jonas.pem", "--as", "jonas")
    assert run("promote", "candidate")[0] == 0
    signers = load_signers(signed / "signers.yaml")
    LivePolicies(signed / "live", kept=Kept(signed / "state" / "policies" / "gateway"), signers=signers)
    shutil.rmtree(signed / "live")
    assert run("promote", "candidate")[0] == 0
    assert load(signed / "live").revision == load(signed / "candidate").revision
    shutil.rmtree(signed / "live")
    run("sign", "candidate", "--key", "mira.pem", "--as", "mira", "--why", "another of that number", "--number", "7")
    run("approve", "candidate", "--key", "jonas.pem", "--as", "jonas", "--against", "7")
    status, _, err = run("promote", "candidate")
    assert (status, "number 7 is not above 7, which was in force" in err) == (2, True)


def test_a_set_with_a_failing_case_is_not_signed(run: Run, signed: Path) -> None:
    candidate(signed, ("limits.yaml", "lines: 100", "lines: 300"))
    status, _, err = run("sign", "candidate", "--key", "mira.pem", "--as", "mira", "--why", "a test")
    assert status == 2
    assert "tests/partners.yaml" in err
    assert not (signed / "candidate" / "bundle.json").exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (["--as", "jonas"], "mira.pem is not the key of `jonas`"),
        (["--as", "otto"], "`otto` may not sign as an author; the file of signers says who may"),
        (["--why", " "], "`--why` is empty; write what others need to know to approve it"),
        (["--expires", "2026-01-01"], "`--expires` is over: 2026-01-01 00:00 UTC; name a moment to come"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_no_gateway_would_take_is_not_signed(run: Run, signed: Path, changed: list[str], sentence: str) -> None:
    candidate(signed, SLOWER)
    words = ["--key", "mira.pem", "--as", "mira", "--why", "a test", *changed]
    assert run("sign", "candidate", *words) == (2, "", f"{sentence}\n")
    assert run("rollback", "live", "--out", "back", *words) == (2, "", f"{sentence}\n")
    assert not (signed / "candidate" / "bundle.json").exists()
    assert not (signed / "back").exists()


def test_a_key_is_for_a_name_that_the_file_of_signers_takes(run: Run, house: Path) -> None:
    status, _, err = run("keygen", "Mira Keller", "--key", "mira.pem")
    assert (status, err) == (2, "`Mira Keller` is no name; use small letters, digits, `-`, `_` and `.`\n")
    assert not (house / "mira.pem").exists()


def test_a_key_is_never_overwritten(run: Run, signed: Path) -> None:
    before = (signed / "mira.pem").read_bytes()
    status, _, err = run("keygen", "mira", "--key", "mira.pem")
    assert (status, "already there" in err) == (2, True)
    assert (signed / "mira.pem").read_bytes() == before


def test_compat_tells_what_a_newer_schema_takes_no_more(run: Run, house: Path) -> None:
    older = house / "live" / "schemas" / "purchase_order.1.json"
    newer = house / "newer.json"
    schema = json.loads(older.read_bytes())
    newer.write_text(json.dumps(schema))
    status, out, _ = run("compat", str(older), "newer.json")
    assert (status, out) == (0, "compatible: whatever the older one took, the newer one takes\n")
    schema["required"] = [*schema["required"], "currency_of_ours"]
    newer.write_text(json.dumps(schema))
    status, out, _ = run("compat", str(older), "newer.json")
    assert status == 1
    assert out.startswith("/currency_of_ours: it is required now\n1 changes break, 0 may;")
    status, out, _ = run("compat", str(older), "newer.json", "--json")
    assert (status, json.loads(out)["changes"]) == (
        1, [{"at": "/currency_of_ours", "text": "it is required now", "certain": True}]
    )  # fmt: skip
    status, _, err = run("compat", str(older), "nowhere.xsd")
    assert status == 2
    assert "are not of one kind" in err


def test_without_signers_a_rollback_is_at_once(run: Run, house: Path) -> None:
    kept = Kept(house / "state" / "policies" / "gateway")
    first = LivePolicies(house / "live", kept=kept).current.revision
    candidate(house, SLOWER)
    assert run("promote", "candidate")[0] == 0
    LivePolicies(house / "live", kept=kept)
    name = kept.earlier()[-1].name
    status, out, _ = run("rollback", name)
    assert (status, out) == (0, f"put in force again at {house / 'live'}: revision {first}\n")
    assert load(house / "live").revision == first


def test_what_promote_replaces_can_come_back_where_no_gateway_runs(run: Run, house: Path) -> None:
    first = load(house / "live").revision
    candidate(house, SLOWER)
    assert run("promote", "candidate")[0] == 0
    kept = Kept(house / "state" / "policies" / "replaced")
    assert kept.in_force() is None, "only a gateway says what it has in force"
    assert run("promote", "live")[0] == 0
    assert [load(folder).revision for folder in kept.earlier()] == [first], "what is put in its own place is not kept"
    assert run("rollback", first)[0] == 0
    assert load(house / "live").revision == first
    assert len(kept.earlier()) == 2, "and what the way back replaces is kept as well"


def test_with_signers_a_way_back_needs_its_signatures(run: Run, signed: Path) -> None:
    kept = Kept(signed / "state" / "policies" / "gateway")
    LivePolicies(signed / "live", kept=kept)
    status, _, err = run("rollback", kept.earlier()[0].name)
    assert status == 2
    assert "a way back is signed and approved too: name `--out`, `--key`, `--as` and `--why`" in err


# ---- with a ledger -------------------------------------------------------------------------------------------------


class Recorded:
    """What a gateway has put on record: an order of aurora, one that was refused, and one request for a retired API."""

    accepted = refused = ""


async def _ledger(database: str) -> Ledger:
    return Ledger(await open_pool(database), Payloads(Sealer([PayloadKey("test", b"k" * 32)])), "gateway@edge-1:1")


@pytest.fixture
def recorded(house: Path, database: str, tmp_path_factory: pytest.TempPathFactory,
             monkeypatch: pytest.MonkeyPatch) -> Recorded:  # fmt: skip
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database)
    monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("GATEWAY_KEYS", str(house / "keys"))
    made = Recorded()
    asyncio.run(_record(made, database, tmp_path_factory.mktemp("served")))
    return made


async def _record(made: Recorded, database: str, folder: Path) -> None:
    ledger = await _ledger(database)
    credential = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send"}))
    async with serving(ledger, folder) as served:
        served.intake._refused._seconds = 0.01
        for order in (an_order(), an_order(lines=[])):
            admission = await served.intake.admit(credential, "v1")
            submission = Submission(content=msgspec.json.encode(order), media_type="application/json")
            outcome = await served.intake.accept(submission, admission)
            if isinstance(outcome, Receipt):
                made.accepted = outcome.message_id
            else:
                made.refused = outcome.message_id
        assert isinstance(await served.intake.admit(credential, "v0"), Rejection)
        await served.intake._refused._task
    await ledger.close()


def test_a_recorded_message_is_explained_by_its_id(run: Run, recorded: Recorded) -> None:
    status, out, _ = run("explain", recorded.accepted)
    assert status == 0
    assert re.search(r"recorded on .* UTC as: accepted, under sha256:", out)
    told = json.loads(run("explain", recorded.accepted, "--json")[1])
    assert told["recorded"]["routes"] == ["odoo sale_order.create_confirmed"]
    assert told["facts"]["request"]["client"] == "aurora-orders"
    status, out, err = run("explain", str(new_message_id()))
    assert (status, out) == (2, "")
    assert "or it was recorded before its facts were kept" in err


def test_a_replay_tells_what_would_have_changed(run: Run, house: Path, recorded: Recorded) -> None:
    assert run("replay", "live", "--exit-code")[0] == 0
    candidate(house, ("access.yaml", "roles: [orders.send]\n  documents: [purchase_order]",
                      "roles: [orders.send]\n  documents: [invoice]"))  # fmt: skip
    status, out, _ = run("replay", "candidate", "--exit-code", "--json")
    told = json.loads(out)
    assert (status, told["messages"], told["requests"]) == (1, 2, 1)
    changes = {one["change"]: one["examples"][0]["id"] for one in told["differences"]}
    assert changes["refused"] == recorded.accepted
    assert "accepted → access." in run("replay", "candidate")[1]


def test_usage_counts_requests_refused_before_their_body(run: Run, recorded: Recorded) -> None:
    status, out, _ = run("usage", "--json")
    (retired,) = [one for one in json.loads(out)["uses"] if one["version"] == "api v0"]
    assert (status, retired["sender"], retired["state"], retired["refused"]) == (0, "aurora", "retired", 1)


def test_our_answer_is_no_route_that_a_candidate_would_change(run: Run, recorded: Recorded, database: str) -> None:
    """It leaves without a rule, beside where the rules have sent the document."""

    async def fetch() -> JudgedMessage:
        ledger = await _ledger(database)
        (found,) = [one async for one in ledger.judged_since(now() - timedelta(hours=1)) if one.code is None]
        await ledger.close()
        return found

    message = asyncio.run(fetch())
    answered = msgspec.structs.replace(message, routes=(*message.routes, "partner:aurora partner.answer"))
    assert past_of(answered, None).routes == message.routes == ("odoo sale_order.create_confirmed",)


def test_sets_are_found_wherever_a_role_of_a_gateway_has_kept_them(run: Run, house: Path) -> None:
    """Each process keeps its own, and mostly the same."""
    revisions = []
    for rate in ("5000", "4000"):
        path = house / "live" / "limits.yaml"
        path.write_text(path.read_text().replace("rate: 5000 per 1s", f"rate: {rate} per 1s"))
        for role in ("gateway", "worker"):
            kept = Kept(house / "state" / "policies" / role)
            revisions.append(LivePolicies(house / "live", kept=kept).current.revision)
    assert len(kept_here(settings_here()).earlier()) == 2
    assert run("diff", revisions[0], "live", "--exit-code")[0] == 1
    assert run("diff", revisions[-1], "live", "--exit-code")[0] == 0


def test_status_tells_gateways_that_differ(run: Run, house: Path, recorded: Recorded, database: str) -> None:
    status, out, _ = run("status")
    assert (status, "no gateway runs" in out) == (0, True)

    async def report(*reports: GatewayReport) -> None:
        for number, one in enumerate(reports):
            ledger = await _ledger(database)
            ledger._worker = f"gateway@edge-{number}:1"
            await ledger.report_gateway(one)
            await ledger.close()

    live = load(house / "live").revision
    asyncio.run(report(GatewayReport(revision=live, number=None, problems=0)))
    assert run("status")[0] == 0
    asyncio.run(report(GatewayReport(revision=live, number=None, problems=0),
                       GatewayReport(revision="sha256:other", number=None, problems=2)))  # fmt: skip
    status, out, _ = run("status")
    assert (status, "gateways run different rules" in out) == (1, True)
    told = json.loads(run("status", "--json")[1])
    assert {one["revision"] for one in told["gateways"]} == {live, "sha256:other"}


def test_shadow_status_tells_sums_and_examples(run: Run, recorded: Recorded, database: str) -> None:
    assert "no candidate has run beside the rules in force" in run("shadow", "status")[1]

    async def add() -> None:
        ledger = await _ledger(database)
        difference = Difference(sender="aurora", change="refused", rule="limits `slow` (limits.yaml:5)", messages=3)
        await ledger.add_shadow("sha256:b", "sha256:a", judged=10, skipped=1, differences=(difference,))
        await ledger.close()

    asyncio.run(add())
    status, out, _ = run("shadow", "status")
    assert (status, "10 judged, 3 otherwise; 1 were not compared" in out) == (0, True)
    told = json.loads(run("shadow", "status", "--json")[1])
    assert told["runs"][0]["differences"][0]["messages"] == 3
