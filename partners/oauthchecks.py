"""What must fit together between a profile's `oauth`, its clients and its certificates."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from partners.filed import Filed
from partners.profile import Partner
from translators.fileproblems import FileProblem


def check_oauth(one: Filed[Partner]) -> Iterator[FileProblem]:
    oauth = one.profile.oauth
    if oauth is None:
        return
    uses = {use for certificate in one.profile.certificates for use in certificate.use}
    asserts = "client-assertion" in uses
    if not one.profile.clients:
        yield one.problem("oauth", "it is about `clients`, and there are none; name one", at_key=True)
    if oauth.authentication == "private_key_jwt":
        if not asserts and oauth.jwks_url is None:
            text = "nothing says their key; add a certificate with `client-assertion`, or a `jwks_url`"
            yield one.problem("oauth.authentication", text)
        if asserts and oauth.jwks_url is not None:
            text = "their keys come from the certificates or from this address, not from both; keep one"
            yield one.problem("oauth.jwks_url", text)
    elif oauth.jwks_url is not None:
        yield one.problem("oauth.jwks_url", "only `private_key_jwt` uses it; take it away")
    if oauth.authentication == "mtls" and "tls-client" not in uses:
        text = "nothing says their certificate; add one with `tls-client`"
        yield one.problem("oauth.authentication", text)
    if oauth.jwks_url is not None and urlsplit(oauth.jwks_url).scheme != "https":
        yield one.problem("oauth.jwks_url", "keys are fetched over https only")
    yield from _check_doubles(one, "roles", oauth.roles)
    yield from _check_doubles(one, "scopes", oauth.scopes)


def _check_doubles(one: Filed[Partner], name: str, values: tuple[str, ...]) -> Iterator[FileProblem]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield one.problem(f"oauth.{name}[{number}]", f"`{value}` is already there")
