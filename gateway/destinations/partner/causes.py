"""Every reason for which a document to a partner is parked here, with who can do what. See also its findings."""

PARTNER_CAUSES: dict[str, str] = {
    "partner.no_agreement": "nothing is agreed with the partner for this kind of document, or it is not in force: "
    "add the agreement to the profile, then `message replay`; or `message cancel`",
    "partner.not_live": "the partner is being tested and this is no test document: `partner approve` once its tests "
    "are passed, then `message replay`; or `message cancel`",
    "partner.profile_incomplete": "the agreement needs what the profile does not say (names for the envelope, a map): "
    "complete the profile, then `message replay`",
    "partner.not_writable": "the document says what the partner's format has no place for, or a value it cannot hold; "
    "nothing is left out silently. Correct the map or the cross-references and `message replay`, or cancel and send a "
    "corrected document",
    "partner.code_unknown": "a cross-reference of the partner does not have an item, a unit or a code of the document: "
    "complete `crossrefs/` beside the profile, then `message replay`",
    "partner.numbers_used_up": "the next control number was used inside the duplicate window: give the agreement "
    "another range, then `message replay`",
    "partner.refused": "the partner said no to what it got (a rejection, a negative MDN): ask the partner; "
    "`parcel resend` or `message replay` sends the same bytes again, a corrected document is sent anew",
    "partner.answer_differs": "our answer would say otherwise than the verdict on record, as the gateway reads the "
    "message in another way by now: tell the partner by hand, then `message cancel`",
    "partner.unclear": "nothing tells whether it has arrived: ask the partner, then `parcel resend` or "
    "`message replay` if it has not, `message cancel` if it has",
    "partner.content_erased": "the bytes of the parcel are kept no longer: send the document anew",
}
