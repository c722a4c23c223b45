"""Guidelines as schema rules: what the partners agreed on over the directory, enforced or watched."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from policies.facts import DocumentFacts, RequestFacts
from policies.loading import load
from policies.schemas import SchemaRule
from translators.examples import example
from translators.fileproblems import FileProblems

REQUEST = RequestFacts(
    sender_kind="partner", sender="kiesel", client="kiesel-edi", plan="trial", at=datetime(2026, 11, 23, tzinfo=UTC)
)
ORDER = DocumentFacts(
    request=REQUEST, format="edifact", name="ORDERS", version="D.96A", document_type="purchase_order", size=1000
)
RULE = """
- name: kiesel-orders
  why: what we agreed on in September
  mode: enforce
  senders: [partner]
  partners: [kiesel]
  accepts: {format: edifact, name: ORDERS, version: D.96A}
  guideline: schemas/kiesel.yaml
"""


def agreed(rules: Path, guideline: str) -> SchemaRule:
    (rules / "schemas" / "kiesel.yaml").write_text(f"name: Kiesel\nmessage: ORDERS\nrelease: D.96A\n{guideline}")
    file = rules / "schemas.yaml"
    file.write_text(file.read_text() + RULE)
    found = load(rules).schema_for(ORDER)
    assert isinstance(found, SchemaRule)
    return found


def test_a_message_is_held_against_the_guideline(rules: Path) -> None:
    rule = agreed(rules, "rules:\n- {at: BGM/1004, longest: 2, because: their old system}\n")
    findings = rule.check(example("order.edi"))
    assert [finding.code for finding in findings] == ["edifact.guideline.value"]
    assert findings[0].place.segment == "BGM"
    refused = rule.refusal(findings)
    assert refused.text == "the document does not match guideline `kiesel-orders` in 1 place"
    assert (refused.code, refused.rule.file) == ("schema.not_matched", "schemas.yaml")


def test_a_message_that_keeps_to_it_is_taken(rules: Path) -> None:
    assert agreed(rules, "rules:\n- {at: BGM/1004, longest: 35}\n").check(example("order.edi")) == ()


def test_a_message_under_another_association_code_is_not_one_of_the_guideline(rules: Path) -> None:
    rule = agreed(rules, "association: [KIESEL]\nrules:\n- {at: BGM/1004, longest: 35}\n")
    (finding,) = rule.check(example("order.edi"))
    assert finding.text == "no message is one of Kiesel; its association code is `KIESEL`"


def test_a_mistake_in_a_guideline_is_told_with_its_place(rules: Path) -> None:
    with pytest.raises(FileProblems) as caught:
        agreed(rules, "rules:\n- {at: XYZ/1004, longest: 2}\n")
    (problem,) = caught.value.problems
    assert problem.path.name == "schemas.yaml"
    assert problem.text.startswith("kiesel.yaml:5:8: ")


def test_other_partners_are_not_held_to_it(rules: Path) -> None:
    agreed(rules, "rules:\n- {at: BGM/1004, longest: 2}\n")
    other = ORDER.__class__(**{**{f: getattr(ORDER, f) for f in ORDER.__struct_fields__},
                               "request": RequestFacts(sender_kind="partner", sender="aurora", client="a",
                                                       plan="standard", at=REQUEST.at)})  # fmt: skip
    assert load(rules).schema_for(other) is None
