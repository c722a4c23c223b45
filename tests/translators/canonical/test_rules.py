"""The rules that hold inside one object: each broken in turn, with the exact sentence and the pointer it is told at."""

import importlib
import json
import re
from typing import Any

import pytest

from translators.canonical.documents import KINDS
from translators.canonical.meanings import sentences
from translators.examples import example
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read

GONE = object()
C62 = "C62"


def quantity(value: str, unit: str = C62) -> dict[str, str]:
    return {"value": value, "unit": unit}


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def changed(name: str, changes: dict[str, Any]) -> bytes:
    """The example with other values at some pointers; `/-` appends to a list."""
    whole = json.loads(example(f"{name}.json"))
    for pointer, value in changes.items():
        *way, last = pointer[1:].split("/")
        holder = whole
        for step in way:
            holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
        if value is GONE:
            del holder[int(last) if isinstance(holder, list) else last]
        elif last == "-":
            holder.append(value)
        elif isinstance(holder, list):
            holder[int(last)] = value
        else:
            holder[last] = value
    return json.dumps(whole).encode()


Case = tuple[str, dict[str, Any], str, str]
CASES: list[Case] = [
    # ---- order_change
    ("order-change", {"/lines/1/number": "1"}, "two lines have the number `1`", ""),
    ("order-change", {"/order/kind": "contract"}, "`order` names the order that is changed; its kind is order",
     "/order"),
    ("order-change", {"/version": "0"}, "`version` is 0, as before; a change leads to another version", "/version"),
    ("order-change", {"/cancels": True}, "`lines` are given although the whole order is cancelled", "/lines"),
    ("order-change", {"/lines": [], "/ship_to": None},
     "the change changes nothing: give lines, a field of the head or `cancels`", ""),
    ("order-change", {"/lines/0": {"number": "1", "action": "change"}},
     "a line that is changed says what changes; nothing is given beside its number and product", "/lines/0"),
    ("order-change", {"/lines/2/quantity": None}, "a line that is added needs a quantity", "/lines/2"),
    ("order-change", {"/lines/2/product": [], "/lines/2/description": None},
     "a line needs a product identifier or a description", "/lines/2"),
    ("order-change", {"/lines/0/schedule/1/number": "1"}, "two parts of a schedule have the number `1`", "/lines/0"),
    ("order-change", {"/currency": "EURO"}, "unknown currency `EURO`; use a code of ISO 4217, such as EUR",
     "/currency"),
    ("order-change", {"/reason": {}}, "a reason needs a code or a text", "/reason"),
    # ---- order_response
    ("order-response", {"/order/kind": "contract"}, "`order` names the order that is answered; its kind is order",
     "/order"),
    ("order-response", {"/status": "accepted"},
     "line `1` is accepted_with_changes although the order is accepted as a whole", "/lines/0"),
    ("order-response", {"/status": "rejected", "/lines/0/status": "rejected"},
     "line `2` is accepted although the order is rejected as a whole", "/lines/1"),
    ("order-response", {"/lines/1/substitute": [{"scheme": "supplier_code", "value": "X"}]},
     "`substitute` is a change; the line's status is accepted_with_changes then", "/lines/1/substitute"),
    ("order-response", {"/lines/0/schedule/1/quantity": quantity("25")},
     "`schedule` promises 49, `quantity` only 48", "/lines/0/schedule"),
    ("order-response", {"/lines/0/schedule/1/quantity": quantity("2", "KGM")},
     "`schedule` is counted in KGM, `quantity` in C62", "/lines/0/schedule"),
    ("order-response", {"/lines/1/quantity/value": "-1"}, "`quantity` may not be negative", "/lines/1/quantity"),
    # ---- delivery_schedule
    ("delivery-schedule", {"/supersedes": "42"}, "`supersedes` names this release itself", "/supersedes"),
    ("delivery-schedule", {"/lines/0/cumulative": {"since": "2026-01-01"}},
     "a cumulative figure needs `received`, `required` or `in_transit`", "/lines/0/cumulative"),
    ("delivery-schedule", {"/lines/0/cumulative/required": quantity("1", "KGM")},
     "`required` is counted in KGM, `received` in C62; use one unit", "/lines/0/cumulative/required"),
    ("delivery-schedule", {"/lines/0/material": {}}, "an authorisation needs a quantity, an end or a period",
     "/lines/0/material"),
    ("delivery-schedule", {"/lines/0/buckets/1/period": None},
     "`period` is missing; only what is immediate or overdue may be without one", "/lines/0/buckets/1/period"),
    ("delivery-schedule", {"/lines/0/buckets/2/quantity": quantity("9", "KGM"), "/lines/0/buckets/2/cumulative": None},
     "`buckets` are counted in C62 and KGM; use one unit", "/lines/0/buckets"),
    ("delivery-schedule", {"/lines/0/buckets/2/cumulative": quantity("19000")},
     "the cumulative total falls from 19200 to 19000 in bucket `3`", "/lines/0"),
    ("delivery-schedule", {"/lines/1/calls/1/number": "1"}, "two calls have the number `1`", "/lines/1"),
    # ---- receipt
    ("receipt", {"/lines/0/received": None, "/lines/0/accepted": None, "/lines/0/rejected": None,
     "/lines/0/short": None},
     "a line says what was `received`, `accepted`, `rejected` or is `short`", "/lines/0/received"),
    ("receipt", {"/lines/0/over": quantity("1")}, "`short` and `over` are both given; a line is one or the other",
     "/lines/0/short"),
    ("receipt", {"/lines/0/accepted/value": "20"}, "`accepted` and `rejected` sum to 22, `received` says 23",
     "/lines/0/accepted"),
    ("receipt", {"/lines/0/short/value": "2"},
     "`received` differs from `despatched` by -1, short and over say -2", "/lines/0/received"),
    ("receipt", {"/lines/0/rejected/unit": "KGM"}, "`rejected` is counted in KGM, `received` in C62; use one unit",
     "/lines/0/rejected"),
    ("receipt", {"/despatch/kind": "order"}, "`despatch` names a despatch advice; its kind is despatch", "/despatch"),
    ("receipt", {"/reverses": "WE-2026-5521"}, "`reverses` names the receipt itself", "/reverses"),
    ("receipt", {"/lines/0": {"number": "1", "description": "x", "received": quantity("-2")}},
     "line `1` is negative, which is a reversal; name the receipt it reverses in `reverses`", "/lines/0"),
    # ---- invoice
    ("invoice", {"/type": "384", "/references": []},
     "`references` must name the invoice that is corrected, with kind invoice", "/references"),
    ("invoice", {"/totals/lines": money("2580.07")}, "`totals.lines` is 2580.07, but the lines sum to 2580.06",
     "/totals/lines"),
    ("invoice", {"/totals/allowances": money("25")}, "`totals.allowances` is 25, but the allowances sum to 25.06",
     "/totals/allowances"),
    ("invoice", {"/totals/charges": money("44")}, "`totals.charges` is 44, but the charges sum to 45",
     "/totals/charges"),
    ("invoice", {"/totals/net": money("2599.99")}, "`totals.net` is 2599.99, but lines − allowances + charges is 2600",
     "/totals/net"),
    ("invoice", {"/totals/tax": money("493")}, "`totals.tax` is 493, but the taxes sum to 494", "/totals/tax"),
    ("invoice", {"/totals/gross": money("3095")}, "`totals.gross` is 3095, but net + tax is 3094", "/totals/gross"),
    ("invoice", {"/totals/prepaid": money("94")}, "`totals.payable` is 3094, but gross − prepaid + rounding is 3000",
     "/totals/payable"),
    ("invoice", {"/taxes/0/amount": money("495")}, "`amount` is 495, but 19 % of 2600 is 494", "/taxes/0/amount"),
    ("invoice", {"/lines/1/net_amount/currency": "USD"}, "line `2` is in USD, the invoice in EUR", "/lines/1"),
    ("invoice", {"/totals/payable/currency": "USD"}, "an amount is in USD, the invoice in EUR", ""),
    ("invoice", {"/totals/payable/amount": "3094.005"}, "the sum 3094.005 has more decimals than EUR has (2)", ""),
    ("invoice", {"/payments/0/iban": "DE02120300000000202052"},
     "`DE02120300000000202052` is not an IBAN: its check digits are wrong", "/payments/0/iban"),
    ("invoice", {"/payments/0/iban": "DE02 1203"},
     "`DE02 1203` is not an IBAN: two letters, two digits and 11 to 30 more, without blanks", "/payments/0/iban"),
    ("invoice", {"/payments/0/bic": "BYLA"},
     "`BYLA` is not a BIC: 8 or 11 letters and digits are expected (ISO 9362)", "/payments/0/bic"),
    # ---- remittance_advice
    ("remittance-advice", {"/lines/0/discount": money("61")},
     "`paid` is 3032.12, but due − discount + adjustments is 3033",
     "/lines/0/paid"),
    ("remittance-advice", {"/total/amount": "2882"}, "`total` is 2882, but the lines sum to 2882.12", "/total"),
    ("remittance-advice", {"/total/currency": "CHF"}, "line `1` is paid in EUR, `total` in CHF", "/lines/0"),
    # ---- price_catalogue
    ("price-catalogue", {"/lines/0/prices/0/to_quantity": quantity("0")},
     "`to_quantity` is 0, less than `from_quantity`, 1", "/lines/0/prices/0/to_quantity"),
    ("price-catalogue", {"/lines/0/prices/1/from_quantity": quantity("1")},
     "`prices` holds two net prices from the quantity 1 on", "/lines/0/prices"),
    ("price-catalogue", {"/lines/0/origin_country": "UK"},
     "unknown country `UK`; use two letters of ISO 3166-1, such as DE", "/lines/0/origin_country"),
    ("price-catalogue", {"/lines/0/order_unit": "ST"},
     "unknown unit `ST`; use UN/ECE Recommendation 20, as in C62 or KGM", "/lines/0/order_unit"),
    # ---- sales_report
    ("sales-report", {"/supersedes": "ABV-2026-47"}, "`supersedes` names this report itself", "/supersedes"),
    ("sales-report", {"/period": None}, "line `1` has no period, nor has the report", "/lines/0"),
    ("sales-report", {"/lines/1/period/end": "2026-11-23"}, "line `2` lies outside the period of the report",
     "/lines/1"),
    # ---- transport_status
    ("transport-status", {"/lines/0/occurred": None}, "an event says when: `occurred` or `expected`",
     "/lines/0/occurred"),
    ("transport-status", {"/lines/0/shipment": []},
     "an event says what it happened to: `shipment` or `references`", "/lines/0/shipment"),
    ("transport-status", {"/lines/0/occurred/at": None}, "a zone needs a time of day", "/lines/0/occurred"),
    ("transport-status", {"/lines/0/occurred/zone": "CET+1?"},
     "`CET+1?` is no zone; write Z, an offset as in +01:00 or a name as in Europe/Berlin", "/lines/0/occurred/zone"),
    # ---- inventory_movement
    ("inventory-movement", {"/quantity/value": "0"}, "`quantity` is 0; a movement moves something", "/quantity"),
    ("inventory-movement", {"/quantity/value": "-24"},
     "`quantity` is negative, which is a reversal; name the movement it reverses in `reverses`", "/quantity"),
    ("inventory-movement", {"/to_location": None}, "`from_location` and `to_location` are both needed here",
     "/from_location"),
    ("inventory-movement", {"/to_location": "MONT-2"}, "`from_location` and `to_location` are the same",
     "/from_location"),
    ("inventory-movement", {"/movement": "block", "/from_status": "blocked"},
     "`to_status` is unrestricted, which is not what block does", "/to_status"),
    ("inventory-movement", {"/serials": ["1", "1"]}, "the serial number `1` stands twice", ""),
    ("inventory-movement", {"/serials": ["1", "2"]}, "there are 2 serial numbers for a quantity of 24", ""),
    ("inventory-movement", {"/journal/sequence": "007"},
     "`007` is not a sequence number; write digits, as in 1042", "/journal/sequence"),
    ("inventory-movement", {"/occurred_at": "2026-11-23T13:20:44+01:00"},
     "an instant is written in UTC, as in 2026-11-23T10:15:00Z", "/occurred_at"),
    # ---- inventory_snapshot
    ("inventory-snapshot", {"/watermark": None},
     "`watermark` is missing: name the last movement that is included, or the `reporter` whose stock it is",
     "/watermark"),
    ("inventory-snapshot", {"/as_of": None},
     "exactly one of `as_of` and `as_of_local` says when; the second is for times whose zone nobody named", "/as_of"),
    ("inventory-snapshot", {"/as_of_local": {"on": "2026-11-23"}},
     "exactly one of `as_of` and `as_of_local` says when; the second is for times whose zone nobody named", "/as_of"),
    ("inventory-snapshot", {"/lines/1/lot": "GM26-4711", "/lines/1/location": "FL-03-11",
     "/lines/1/status": "unrestricted"},
     "line `2` counts the same stock as line `1`", "/lines/1"),
    # ---- production_order
    ("production-order", {"/latest": "2026-11-22T13:00:00Z"}, "`latest` lies before `earliest`", "/latest"),
    ("production-order", {"/quantity/value": "0"}, "`quantity` must be more than zero", "/quantity"),
    ("production-order", {"/supersedes": "2"}, "`supersedes` names this version itself", "/supersedes"),
    ("production-order", {"/operations/1/number": "10"}, "two operations have the number `10`", ""),
    ("production-order", {"/materials/0/operation": "30"},
     "material `1` belongs to operation `30`, which is not listed", "/materials/0"),
    ("production-order", {"/operations/0/run_time": quantity("3", "DAY")},
     "`run_time` is a time; it is counted in SEC, MIN or HUR, not in DAY", "/operations/0/run_time"),
    ("production-order", {"/materials/0/lots": ["a"]},
     "`lots` are named if, and only if, `lot_rule` is named_lots", "/materials/0/lots"),
    ("production-order", {"/operations/0/planned/end": "2026-11-22T13:00:00Z"},
     "a span may not end before it starts", "/operations/0/planned"),
    # ---- quality_event
    ("quality-event", {"/event": "release"},
     "`releases` names the hold that ends: a release needs it, nothing else may have it", ""),
    ("quality-event", {"/decided_by": None}, "`decided_by` is missing; a disposition is somebody's decision",
     "/decided_by"),
    ("quality-event", {"/valid_until": "2026-11-23T14:02:00Z"}, "`valid_until` does not lie after the event",
     "/valid_until"),
    ("quality-event", {"/subjects/0/number": None}, "`number` is missing; it names the lot", "/subjects/0/number"),
    ("quality-event", {"/characteristics/0/name": None}, "a characteristic needs a name or a code",
     "/characteristics/0"),
    ("quality-event", {"/characteristics/0/upper": "24"}, "`upper` is 24, which is below `lower`, 24.987",
     "/characteristics/0/upper"),
    ("quality-event", {"/characteristics/0/result": "pass"},
     "`value` is 25.004, above `upper`, 25, but the result is pass", "/characteristics/0/value"),
    ("quality-event", {"/characteristics/0/result": "pass", "/characteristics/0/value": "24.9"},
     "`value` is 24.9, below `lower`, 24.987, but the result is pass", "/characteristics/0/value"),
    ("quality-event", {"/defects/0/characteristic": "7"}, "a defect names characteristic `7`, which is not listed", ""),
    ("quality-event", {"/result": "pass"}, "`result` is pass, but characteristic `1` failed", "/result"),
    # ---- maintenance_request
    ("maintenance-request", {"/symptom": None, "/failure_code": None},
     "a corrective request says what is wrong: `symptom` or `failure_code`", "/symptom"),
    ("maintenance-request", {"/actual/end": None}, "`actual` is missing or open; what is done has a start and an end",
     "/actual"),
    ("maintenance-request", {"/counters/-": {"name": "strokes", "total": quantity("1")}},
     "the counter `strokes` is reported twice", ""),
    ("maintenance-request", {"/counters/0/delta": quantity("2000000")},
     "`delta` is 2000000, more than the total, 1204417", "/counters/0/delta"),
    # ---- asset, ack
    ("asset", {"/hierarchy": {"line": "MONT-2"}}, "`site` is missing; areas, lines, cells and units lie in one",
     "/hierarchy"),
    ("asset", {"/parent": "MONT-2-PR1"}, "`parent` names the asset itself", "/parent"),
    ("ack", {"/parts/1/result": "accepted"},
     "`result` is accepted, but `errors` holds errors; use accepted_with_errors or rejected", "/parts/1/result"),
    ("ack", {"/result": "accepted"}, "part `2` is rejected although the whole is accepted", "/parts/1"),
    ("ack", {"/parts/1/number": "1"}, "two parts have the number `1`", ""),
    ("ack", {"/subject": {"type": "ORDERS"}},
     "say what is acknowledged: `interchange`, `group`, `message` or `document`", "/subject"),
    ("ack", {"/parts/1/errors/0": {"path": "x"}}, "an error needs a code or a text", "/parts/1/errors/0"),
    # ---- product, partner
    ("product", {"/units/0/factor": "0"}, "`factor` must be more than zero", "/units/0/factor"),
    ("product", {"/units/0/gtin": "4260001230104"}, "`4260001230104` is not a GTIN: its check digit should be 3",
     "/units/0/gtin"),
    ("product", {"/identifiers/0/value": "426000123"},
     "`426000123` is not a GTIN: 8, 12, 13 or 14 digits are expected", "/identifiers/0/value"),
    ("product", {"/identifiers/1/value": ""}, "an identifier needs a value", "/identifiers/1"),
    ("product", {"/units/-": {"unit": "C62", "factor": "1"}}, "the unit C62 is described twice", ""),
    ("product", {"/commodity_code": "850152 30"},
     "`850152 30` is not a commodity code: 6, 8, 10 or 12 digits are expected", "/commodity_code"),
    ("product", {"/gross_weight/value": "16"}, "`gross_weight` is 16, less than `net_weight`, 16.4", "/gross_weight"),
    ("product", {"/shelf_life": quantity("3", "KGM")},
     "`shelf_life` is counted in HUR, DAY, WEE, MON or ANN, not in KGM", "/shelf_life"),
    ("product", {"/hazard": {"un_number": "UN1203"}}, "`UN1203` is not a UN number: 4 digits are expected",
     "/hazard/un_number"),
    ("product", {"/replaces": "GM-075-25"}, "`replaces` names the product itself", "/replaces"),
    ("partner", {"/roles/-": "buyer"}, "a role stands twice in `roles`", "/roles"),
    ("partner", {"/addresses/1/purpose": "legal"}, "`addresses` holds two legal addresses; a company has one",
     "/addresses"),
    # ---- parts all share
    ("receipt", {"/received": {}}, "a period needs a start or an end", "/received"),
    ("receipt", {"/received": {"end": "2026-12-04", "start_time": "09:00:00"}}, "a time needs its date", "/received"),
    ("receipt", {"/received/end": "2026-12-03"}, "a period may not end before it starts", "/received"),
    ("receipt", {"/carrier": {"contacts": []}}, "a party needs an identifier, a name or an address", "/carrier"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "sentence", "path"), CASES, ids=[f"{c[0]}: {c[2][:50]}" for c in CASES])
def test_a_broken_rule_is_told(name: str, changes: dict[str, Any], sentence: str, path: str) -> None:
    content = changed(name, changes)
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    assert [(finding.text, finding.place.path) for finding in refused.value.findings] == [(sentence, path)]


OLDER = {"purchase_order", "despatch_advice", "production_confirmation"}
SHARED = ("rules", "identifiers", "quantities", "times", "parties", "payments", "reasons", "counters", "stock")
MODULES = [tag.partition("/")[0] for tag in KINDS if tag.partition("/")[0] not in OLDER] + ["invoice_sums", *SHARED]


@pytest.mark.parametrize("module", MODULES)
def test_every_sentence_has_been_heard(module: str) -> None:
    heard = [case[2] for case in CASES]
    for sentence in sentences(importlib.import_module(f"translators.canonical.{module}")):
        pattern = ".+?".join(map(re.escape, sentence.split("…")))
        assert any(re.fullmatch(pattern, each) for each in heard), sentence


ALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("order-change", {"/lines": [], "/cancels": True}),
    ("order-change", {"/lines": []}),
    ("order-response", {"/lines/0/schedule/1/quantity": quantity("20")}),
    ("delivery-schedule", {"/lines/0/buckets/0/quantity": quantity("-480"), "/lines/0/buckets/0/cumulative": None}),
    ("receipt", {"/reverses": "WE-2026-5520", "/lines/0":
        {"number": "1", "description": "x", "received": quantity("-2"), "accepted": quantity("-2")}}),
    ("receipt", {"/lines/0": {"number": "1", "description": "x", "short": quantity("24")}}),
    ("invoice", {"/taxes/0/amount": money("494.5"), "/totals": {"net": money("2600")}}),
    ("invoice", {"/lines/0/net_amount": None, "/totals": {}}),
    ("inventory-movement", {"/movement": "adjust", "/quantity/value": "-1"}),
    ("inventory-movement", {"/quantity/value": "-24", "/reverses": "MV-1041"}),
    ("inventory-movement", {"/movement": "unblock", "/from_status": "blocked"}),
    ("inventory-snapshot", {"/as_of": None, "/as_of_local": {"on": "2026-11-23", "at": "22:00:00"},
        "/watermark": None, "/reporter": {"name": "Stahlhof Aarau AG"}}),
    ("inventory-snapshot", {"/lines": []}),
    ("quality-event", {"/event": "release", "/releases": "QE-2026-0311"}),
    ("quality-event", {"/characteristics/0/value": "25", "/characteristics/0/result": "pass", "/result": "pass"}),
    ("ack", {"/result": "rejected", "/parts": []}),
    ("remittance-advice", {"/lines/0/due": None}),
    ("product", {"/shelf_life": quantity("18", "MON"), "/hazard": {"un_number": "1203", "packing_group": "II"}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), ALLOWED, ids=[f"{name}-{i}" for i, (name, _) in enumerate(ALLOWED)])
def test_what_a_rule_does_not_forbid_is_read(name: str, changes: dict[str, Any]) -> None:
    content = changed(name, changes)
    assert read(content, identify(content[:4096], None)).documents


def test_a_snapshot_without_a_zone_has_the_local_time_in_its_key() -> None:
    content = changed("inventory-snapshot", ALLOWED[11][1])
    (document,) = read(content, identify(content[:4096], None)).documents
    assert document.business_key == "salzungen|2026-11-23T22:00:00|finished goods"


def test_a_schedule_whose_lines_go_to_different_places_goes_to_its_own() -> None:
    elsewhere = {"identifiers": [{"scheme": "gln", "value": "4012345000016"}]}
    content = changed("delivery-schedule", {"/lines/0/ship_to": elsewhere})
    (document,) = read(content, identify(content[:4096], None)).documents
    assert document.ship_to == "4012346000022"
    content = changed("delivery-schedule", {"/lines/0/ship_to": elsewhere, "/lines/1/ship_to": elsewhere})
    (document,) = read(content, identify(content[:4096], None)).documents
    assert document.ship_to == "4012345000016"
