"""Generated facts that meet the shipped rules and their neighbours: what decides about a message, in every mixture."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from policies.facts import DocumentFacts, RequestFacts

ROLES = ("orders.send", "despatch.send", "messages.read", "production.confirm", "deliveries.fetch", "operator", "other")
TYPES = ("purchase_order", "despatch_advice", "production_confirmation", "invoice")
VERSIONS = (
    ("edifact", "ORDERS", "D.96A"), ("xml", "Order", "2.1"), ("json", "purchase_order", "1"),
    ("xml", "DespatchAdvice", "2.1"), ("json", "despatch_advice", "1"), ("json", "production_confirmation", "1"),
    ("edifact", "ORDERS", "D.01B"),
)  # fmt: skip

REQUESTS = st.builds(
    RequestFacts,
    sender_kind=st.sampled_from(("partner", "plant", "corporate")),
    sender=st.sampled_from(("aurora", "kiesel", "salzungen", "operator-7")),
    client=st.just("a-client"),
    roles=st.frozensets(st.sampled_from(ROLES), max_size=3),
    scopes=st.frozensets(st.sampled_from(("orders", "all")), max_size=2),
    plan=st.sampled_from((None, "standard", "trial", "forgotten")),
    channel=st.sampled_from(("http", "as2", "sftp")),
    api_version=st.sampled_from(("v0", "v1", "v2")),
    verb=st.sampled_from(("send", "read", "fetch")),
    address=st.sampled_from(("", "192.0.2.7", "203.0.113.9")),
    binding=st.sampled_from(("none", "certificate", "dpop")),
    at=st.integers(0, 700).map(lambda day: datetime.fromtimestamp(1_767_225_600 + day * 86_400, UTC)),
)


def documents(request: RequestFacts) -> st.SearchStrategy[DocumentFacts]:
    label = st.sampled_from(VERSIONS)
    return st.builds(
        lambda label, **given: DocumentFacts(
            request=request, format=label[0], name=label[1], version=label[2], **given
        ),
        label=label,
        document_type=st.sampled_from(TYPES),
        size=st.sampled_from((100, 10 * 1024 * 1024, 10 * 1024 * 1024 + 1)),
        lines=st.sampled_from((0, 1, 100, 101, 20_000, 20_001)),
        plant=st.sampled_from((None, "salzungen", "ulm")),
        plants=st.frozensets(st.sampled_from(("salzungen", "ulm")), max_size=2),
        test=st.booleans(),
    )


MESSAGES = REQUESTS.flatmap(lambda request: st.tuples(st.just(request), st.lists(documents(request), max_size=2)))
