"""What a UNB says."""

from msgspec import Struct

from translators.edifact.segments import Segment


class Header(Struct, frozen=True, kw_only=True):
    """What a UNB says. `test` is element 0035 as it stands; references and dates are text, never shortened."""

    sender: str
    sender_qualifier: str
    recipient: str
    recipient_qualifier: str
    date: str
    time: str
    reference: str
    application_reference: str
    acknowledgement: str
    agreement: str
    test: str
    version: str
    repertoire: str
    sender_internal: str
    recipient_internal: str

    @property
    def is_test(self) -> bool:
        """Whether the sender marked the interchange as a test of any kind."""
        return self.test not in ("", "0")

    @classmethod
    def of(cls, unb: Segment) -> "Header":
        get = unb.get
        return cls(
            sender=get(2, 1),
            sender_qualifier=get(2, 2),
            recipient=get(3, 1),
            recipient_qualifier=get(3, 2),
            date=get(4, 1),
            time=get(4, 2),
            reference=get(5),
            application_reference=get(7),
            acknowledgement=get(9),
            agreement=get(10),
            test=get(11),
            version=unb.syntax.version,
            repertoire=get(1, 1),
            sender_internal=get(2, 3),
            recipient_internal=get(3, 3),
        )
