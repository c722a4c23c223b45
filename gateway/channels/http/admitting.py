"""Who asks or fetches, admitted by the rules: the same first steps at every address that takes no document."""

from collections.abc import Collection

from litestar.response import Response

from gateway.channels.http.calling import Callers
from gateway.channels.http.heads import ADMITTED_WITH, HttpRequest, read_head
from gateway.channels.http.problems import problem
from gateway.identity.issuers import IssuerKind
from gateway.intake import Intake
from gateway.submissions import Rejection, Sender
from policies.facts import Verb


async def admitted(
    callers: Callers, intake: Intake, request: HttpRequest, kinds: Collection[IssuerKind], verb: Verb
) -> Sender | Response[bytes]:
    """The sender, or the answer that refuses it. What the rules say of its limits and of the version it calls goes out
    with the answer, whatever that is."""
    head = read_head(request.scope)
    credential = await callers.prove(head, kinds)
    if isinstance(credential, Response):
        return credential
    admission = await intake.admit(credential, head.api_version, verb)
    if isinstance(admission, Rejection):
        return problem(admission, trace=head.trace)
    request.scope[ADMITTED_WITH] = admission.fields  # type: ignore[literal-required]  # of ours, not of ASGI
    return admission.sender
