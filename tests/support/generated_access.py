"""Generated senders and documents for the comparisons with Cedar, and rules of access read the way every file goes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from support.access_in_cedar import DAYS, HOURS_ZONE

from policies.access import Access
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import _placed
from translators.fileproblems import FileProblem
from translators.yamlfiles import convert, read

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EDGES = [NOW + timedelta(hours=hours) for hours in (-30, -1, 0, 7, 13, 140)]
MOMENTS = [edge + timedelta(microseconds=step) for edge in EDGES for step in (-1, 0)]
LISTS = {"office": ["192.0.2.0/28", "2001:db8:17::/48"], "uplinks": ["198.51.100.0/24"], "both": ["192.0.2.8/29"]}
ADDRESSES = ["192.0.2.7", "192.0.2.9", "192.0.2.16", "198.51.100.255", "2001:db8:17::1", "2001:db8:18::1", "", ""]


def some(*values: str, least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2, unique=True)


def hours() -> st.SearchStrategy[str]:
    clock = st.sampled_from(["06:00-18:00", "22:00-06:00", "11:00-24:00", "00:00-12:00"])
    days = st.sampled_from([*DAYS, "Mon-Fri", "Sat-Mon"])
    return st.builds(lambda day, time: f"{day} {time} {HOURS_ZONE}", days, clock)


REQUESTS = st.builds(
    RequestFacts,
    sender_kind=st.sampled_from(["partner", "partner", "plant", "corporate"]),
    sender=st.sampled_from(["aurora", "kiesel", "salzungen"]),
    client=st.just("client"),
    roles=some("orders", "reports", "admin").map(frozenset),
    scopes=some("read", "write").map(frozenset),
    plan=st.sampled_from([None, "gold", "trial"]),
    channel=st.sampled_from(["http", "http", "as2", "sftp"]),
    address=st.sampled_from(ADDRESSES),
    binding=st.sampled_from(["none", "certificate", "dpop"]),
    at=st.sampled_from(MOMENTS),
    verb=st.sampled_from(["send", "read", "fetch"]),
)


@st.composite
def documents(draw: st.DrawFn) -> DocumentFacts:
    plant = draw(st.sampled_from([None, "salzungen", "dresden"]))
    more = draw(some("salzungen", "dresden")) if plant is not None else []
    return DocumentFacts(
        request=draw(REQUESTS), format="json", name="n", version="1", size=1, plant=plant,
        document_type=draw(st.sampled_from(["purchase_order", "despatch_advice"])),
        plants=frozenset([plant, *more]) if plant is not None else frozenset(),
    )  # fmt: skip


def access_of(**content: Any) -> Access:
    """JSON is YAML."""
    lists = [{"name": name, "why": "generated", "networks": networks} for name, networks in LISTS.items()]
    text = json.dumps({"kind": "access", "addresses": lists, **content}, indent=0)
    file = read(Path("rules/access.yaml"), text.encode())
    problems: list[FileProblem] = []
    placed = _placed("access", Path("rules"), file, convert(file, Access.FILE), problems)
    assert [*problems, *Access.check(placed)] == []
    return Access(placed)
