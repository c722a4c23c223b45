"""Where a partner is told of documents over HTTPS (Standard Webhooks)."""

from functools import partial
from typing import Annotated

from msgspec import Meta, Struct, field

from partners.as2relations import Url
from partners.sftpaccounts import KeyName
from translators.amounts import Duration


class Webhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`secrets` are files in the operators' folder of keys (`whsec_…` or an Ed25519 key `whsk_…`): every one of them
    signs, so two at once are how a secret is changed."""

    url: Url
    secrets: Annotated[tuple[KeyName, ...], Meta(min_length=1, max_length=3)]
    time_out: Duration = field(default_factory=partial(Duration.from_text, "15s"))
    disable_after: Duration = field(default_factory=partial(Duration.from_text, "5d"))
    """Of nothing but failures: then it is disabled, with a notice, until an operator enables it."""
