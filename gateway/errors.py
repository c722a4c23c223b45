"""Everything that can go wrong between a sender and us, by stable code. docs/reference/errors.md explains each.

The codes of a kind of rule (`policies.verdicts.Code`) and of the token checks (`gateway.identity.refusals`) are
entries too: a test proves that nothing can be refused with a code that is not here.
"""

from typing import Literal

from msgspec import Struct

Actor = Literal["sender", "receiver", "operator"]


class Error(Struct, frozen=True):
    """`title` is the same for every occurrence; `acts` must do something; `repeat`: the same request may be sent again
    as it is and can then succeed."""

    title: str
    acts: Actor = "sender"
    repeat: bool = False


ERRORS: dict[str, Error] = {
    # the request
    "request.malformed": Error("the request cannot be understood"),
    "request.not_found": Error("there is nothing at this address"),
    "request.method": Error("this address does not take this method"),
    "request.deadline": Error("the request did not arrive in time", repeat=True),
    "request.too_large": Error("the request is larger than this gateway takes"),
    "request.parameter": Error("a parameter has the wrong form"),
    "request.unknown_parameter": Error("the address has no such parameter"),
    "request.wrong_kind": Error("this address is for other callers"),
    # who is calling
    "sender.unknown": Error("the client belongs to no partner or plant we know", "operator"),
    "sender.suspended": Error("the partner or plant is suspended", "operator"),
    "sender.not_live": Error("only test documents are exchanged with the partner yet", "operator"),
    "sender.binding_required": Error("the token must be bound to a key"),
    # the document
    "document.unsupported": Error("the content is of no format we take"),
    "document.malformed": Error("the document breaks the syntax of its format"),
    "document.invalid": Error("the document breaks the rules of its type"),
    "document.too_large": Error("the document is larger than agreed"),
    "document.other_type": Error("the document is of another type than this address takes"),
    "interchange.sender": Error("the interchange names another sender"),
    "interchange.recipient": Error("the interchange is for somebody else"),
    "agreement.none": Error("nothing is agreed about this document on this channel", "operator"),
    "agreement.differs": Error("the document comes otherwise than agreed"),
    "agreement.tests_only": Error("only tests are agreed about this document", "operator"),
    "agreement.no_tests": Error("no tests are agreed about this document"),
    "pgp.required": Error("the file is not protected as agreed"),
    "pgp.not_opened": Error("the file cannot be opened"),
    "pgp.signature": Error("the file is signed by nobody we know for the partner"),
    "ownership.not_owned": Error("the document sets what is not the sender's to set", "receiver"),
    "schema.not_matched": Error("the document does not match the agreed schema"),
    "routing.no_route": Error("nobody here takes this document", "receiver"),
    "routing.no_agreement": Error("nothing is agreed with the partner the document is for", "operator"),
    "routing.several_plants": Error("the lines of the document go to several plants"),
    "idempotency.conflict": Error("the key was used before for other content"),
    # policies
    "version.unknown": Error("there is no such API version"),
    "version.not_open": Error("the API version is not open to this sender"),
    "version.retired": Error("the API version is retired"),
    "version.brownout": Error("the API version is switched off for a while, because it ends", repeat=True),
    "version.document_unknown": Error("this version of the document is not taken"),
    "version.document_not_open": Error("this version of the document is not open to this sender"),
    "version.document_retired": Error("this version of the document is retired"),
    "version.document_brownout": Error(
        "this version of the document is refused for a while, because it ends", repeat=True
    ),
    "rule.not_judged": Error("the condition of a rule could not be judged", "operator", repeat=True),
    "access.not_granted": Error("nothing grants this to the sender", "receiver"),
    "access.outside_zone": Error("nobody of this kind calls from there"),
    "access.no_conduit": Error("nothing carries this document from there to where it goes", "receiver"),
    "access.denied": Error("a rule denies this to the sender", "receiver"),
    "limit.exceeded": Error("too many requests", repeat=True),
    "limit.reduced_capacity": Error("fewer requests than usual are taken for a while", repeat=True),
    "limit.unavailable": Error("the limit cannot be counted at the moment", "operator", repeat=True),
    "limit.too_large": Error("more at once than the limit ever allows"),
    "limit.none_applies": Error("no limit covers the sender", "operator"),
    "policy.expired": Error("the rules of this gateway have expired", "operator", repeat=True),
    # asking and acknowledging
    "message.not_found": Error("the sender has no such message"),
    "receipt.not_ready": Error("the receipt is not provable yet", repeat=True),
    "receipt.erased": Error("the receipt is kept no longer"),
    "delivery.not_found": Error("nothing of this id lies ready for the caller"),
    "delivery.contradicted": Error("it was acknowledged the other way before"),
    # us
    "gateway.overrun": Error("the gateway did not finish in time", "operator", repeat=True),
    "ledger.unavailable": Error("the gateway cannot keep anything at the moment", "operator", repeat=True),
    "keys.unavailable": Error("the token cannot be judged at the moment", "operator", repeat=True),
    "dpop.unavailable": Error("the proof cannot be judged at the moment", "operator", repeat=True),
    "internal": Error("the gateway failed", "operator", repeat=True),
    # AS2
    "as2.malformed": Error("the AS2 message cannot be read"),
    "as2.message_id": Error("the Message-ID is none"),
    "as2.relation_unknown": Error("no relation is agreed between these AS2 names", "receiver"),
    "as2.same_names": Error("AS2-From and AS2-To are the same"),
    "as2.decryption": Error("the encrypted message cannot be opened"),
    "as2.signature": Error("the signature is not the agreed partner's"),
    "as2.digest": Error("the message is not what was signed"),
    "as2.decompression": Error("the compressed message cannot be opened"),
    "as2.security": Error("the message is protected less than agreed"),
    "as2.file_name": Error("the file name cannot be taken"),
    "as2.certificates": Error("the exchange of certificates cannot be taken"),
    "as2.part_refused": Error("a document in the message is refused, and with it the message"),
    "as2.receipt_algorithms": Error("the receipt is wanted with no digest that we can make"),
    "as2.receipt_protocol": Error("the receipt is wanted in a form that we cannot make"),
    "as2.receipt_address": Error("the receipt is wanted at an address that is not agreed"),
    "as2.keys": Error("our key for this partner cannot be used at the moment", "operator", repeat=True),
    # tokens and proofs
    "token.missing": Error("no access token"),
    "token.too_large": Error("the access token is not accepted"),
    "token.malformed": Error("the access token is not accepted"),
    "token.encrypted": Error("the access token is not accepted"),
    "token.header_refused": Error("the access token is not accepted"),
    "token.algorithm_refused": Error("the access token is not accepted"),
    "token.issuer_unknown": Error("the access token is not accepted"),
    "token.wrong_kind": Error("the access token is of another kind of caller"),
    "token.key_missing": Error("the access token is not accepted"),
    "token.key_unknown": Error("the access token is not accepted"),
    "token.key_unfit": Error("the access token is not accepted"),
    "token.signature_invalid": Error("the access token is not accepted"),
    "token.claim_missing": Error("the access token is not accepted"),
    "token.claim_malformed": Error("the access token is not accepted"),
    "token.expired": Error("the access token has expired"),
    "token.not_yet_valid": Error("the access token is not valid yet"),
    "token.lifetime_too_long": Error("the access token lives too long", "operator"),
    "token.wrong_type": Error("the token is no access token"),
    "token.audience_refused": Error("the access token is for somebody else", "operator"),
    "token.client_refused": Error("the client is not admitted", "operator"),
    "token.revoked": Error("the access token was revoked"),
    "token.binding_missing": Error("the access token is bound to a key that was not shown"),
    "token.binding_mismatch": Error("the access token is bound to another key"),
    "token.binding_unknown": Error("the access token is bound in an unknown way"),
    "certificate.malformed": Error("the client certificate cannot be read", "operator"),
    "dpop.missing": Error("the DPoP proof is not accepted"),
    "dpop.token_unbound": Error("the access token is bound to no key"),
    "dpop.malformed": Error("the DPoP proof is not accepted"),
    "dpop.header_refused": Error("the DPoP proof is not accepted"),
    "dpop.algorithm_refused": Error("the DPoP proof is not accepted"),
    "dpop.key_unfit": Error("the DPoP proof is not accepted"),
    "dpop.signature_invalid": Error("the DPoP proof is not accepted"),
    "dpop.claim_missing": Error("the DPoP proof is not accepted"),
    "dpop.claim_malformed": Error("the DPoP proof is not accepted"),
    "dpop.method_mismatch": Error("the DPoP proof is for another request"),
    "dpop.url_mismatch": Error("the DPoP proof is for another request"),
    "dpop.token_mismatch": Error("the DPoP proof is for another token"),
    "dpop.key_mismatch": Error("the DPoP proof is of another key"),
    "dpop.stale": Error("the DPoP proof is too old"),
    "dpop.not_yet_valid": Error("the DPoP proof lies in the future"),
    "dpop.replayed": Error("the DPoP proof was used before"),
}

_STANDS_FOR: dict[str, frozenset[str]] = {
    "document.unsupported": frozenset({
        "document.format", "document.media_type", "document.empty", "document.unmapped", "json.kind", "xml.root",
        "edifact.message.unknown", "edifact.interactive", "edifact.package", "edifact.syntax_version",
        "x12.set.unknown", "x12.set.unmapped", "x12.version", "vda.version",
    }),
    "document.too_large": frozenset({
        "document.size", "xml.elements", "xml.attributes", "edifact.interchanges", "edifact.messages",
        "edifact.message.long", "edifact.segment.long", "edifact.segment.constituents",
        "x12.interchanges", "x12.sets", "x12.segments", "x12.segment.long",
        "vda.messages", "vda.records", "vda.transmissions",
    }),
    "document.malformed": frozenset({
        "json.character", "json.depth", "json.duplicate", "json.encoding", "json.syntax", "json.truncated",
        "xml.syntax", "xml.encoding", "xml.doctype", "xml.depth",
        "edifact.truncated", "edifact.empty", "edifact.not", "edifact.una", "edifact.unb.missing", "edifact.unh",
        "edifact.unt.missing", "edifact.une.missing", "edifact.unz.missing", "edifact.outside", "edifact.mixed",
        "edifact.charset", "edifact.character", "edifact.release", "edifact.segment.tag",
        "x12.isa", "x12.separators", "x12.terminator", "x12.trailer", "x12.outside", "x12.st", "x12.character",
        "vda.character", "vda.header", "vda.length", "vda.outside", "vda.trailer",
    }),
}  # fmt: skip


def refusal_code(finding: str) -> str:
    """The error that stands for a document's first finding, by the finding's own code."""
    return next((code for code, findings in _STANDS_FOR.items() if finding in findings), "document.invalid")
