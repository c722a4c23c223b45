"""From the profiles in force and our key files to the relation that holds at this moment."""

from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.cms.rules import AHEAD
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.egress.pinned import trust_of
from gateway.egress.trust import Trust
from partners.certificatefiles import BadCertificate
from partners.directory import Directory
from partners.ownkeys import OwnKeys
from partners.profile import Partner


class Stations:
    """All AS2 relations. Keys and certificates are those in their time when it is asked."""

    def __init__(self, directory: Callable[[], Directory], keys: OwnKeys) -> None:
        self._directory = directory
        self._keys = keys

    def is_ours(self, name: str) -> bool:
        """Whether we are called so in any relation."""
        return any(one.as2 is not None and one.as2.ours == name for one in self._directory().partners.values())

    def partner_of(self, theirs: str, ours: str) -> Partner | None:
        return self._directory().by_as2(theirs, ours)

    def towards(self, partner: Partner, at: datetime) -> Relation:
        """Raises Unacceptable (`as2.keys`) when a key file of ours cannot be read."""
        agreed = partner.as2
        assert agreed is not None
        timeline = self._directory().timeline(partner.id)
        try:
            openers = self._keys.usable(agreed, "decrypt", at, early=AHEAD)
            signer = self._keys.current(agreed, "sign", at)
        except BadCertificate as problem:
            raise Unacceptable("as2.keys", str(problem)) from problem
        return Relation(
            partner=partner.id,
            agreed=agreed,
            at=at,
            pinned=timeline.valid("verify", at, early=AHEAD),
            encrypt_to=timeline.current("encrypt", at),
            openers=tuple(
                Recipient(pair.certificate, pair.key) for pair in openers if isinstance(pair.key, RSAPrivateKey)
            ),
            signer=signer,
        )

    def trust(self, partner: str, at: datetime) -> Trust:
        """Whom to believe at the addresses of this partner. Raises NoAnswer."""
        return trust_of(self._directory().timeline(partner), at)

    def awaiting(self) -> dict[str, int]:
        """Partners who owe us asynchronous receipts, and within how many seconds."""
        sending = ((one.id, one.as2.send) for one in self._directory().partners.values() if one.as2 is not None)
        return {
            partner: send.receipt_within.seconds
            for partner, send in sending
            if send is not None and send.receipt == "async"
        }
