"""What a step that did not hold says, to people and to programs."""

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gateway.cli.demo.programs import DidNotStart
from gateway.cli.demo.story import STORY, Step, play
from gateway.cli.demo.telling import NotAsTold, Outcome, Telling, Told, expect


def outcome_of(act: Any) -> Outcome:
    scene: Any = SimpleNamespace(house=SimpleNamespace(check=lambda: None))
    return play(Step("a-step", 5, "something happens", lambda _: act()), scene)


def fails(error: Exception) -> Any:
    def act() -> Told:
        raise error

    return act


def test_a_step_that_held_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Telling(as_json=False).tell(outcome_of(lambda: Told("it [did]", {})))
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("✓ 5  0.0")
    assert line.endswith("s  something happens → it [did]")


def test_a_step_that_did_not_hold_says_what_was_expected_and_what_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    Telling(as_json=False).tell(outcome_of(lambda: expect("the lines in Odoo", 3, 2)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✗ 5  0.0")
    assert lines[1:] == ["    the lines in Odoo", "      expected: 3", "      seen:     2"]


def test_as_json_a_step_is_one_object_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    Telling(as_json=True).tell(outcome_of(lambda: Told("done", {"lines": 3})))
    said = json.loads(capsys.readouterr().out)
    assert said.pop("seconds") >= 0
    assert said == {
        "step": "a-step", "ok": True, "part": 5, "title": "something happens", "told": "done", "lines": 3
    }  # fmt: skip


@pytest.mark.parametrize(("error", "what", "expected", "seen"), [
    (NotAsTold("its state", "done", "draft"), "its state", "done", "draft"),
    (httpx.ConnectError("refused"), "what the step needs", "answers", "ConnectError: refused"),
    (DidNotStart("worker ended with status 1"), "what the step needs", "answers",
     "DidNotStart: worker ended with status 1"),
])  # fmt: skip
def test_as_json_a_failure_is_told_likewise(
    capsys: pytest.CaptureFixture[str], error: Exception, what: str, expected: str, seen: str
) -> None:
    Telling(as_json=True).tell(outcome_of(fails(error)))
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["what"], said["expected"], said["seen"]) == (False, what, expected, seen)


def test_setting_up_is_said_beside_the_story(capsys: pytest.CaptureFixture[str]) -> None:
    with Telling(as_json=True).setting_up("PostgreSQL"):
        pass
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("  ·  0.0")
    assert said.err.endswith("s  set up PostgreSQL\n")


def test_the_story_has_nine_parts_in_order_and_no_step_twice() -> None:
    assert sorted(step.part for step in STORY) == [step.part for step in STORY]
    assert {step.part for step in STORY} == set(range(1, 10))
    assert len({step.name for step in STORY}) == len(STORY)
