"""The steps from what Keycloak has to what a profile asks for; each can be read before it is done."""

from typing import Literal

from msgspec import Struct

from partners.onboarding.wanted import RoleOf

Sign = Literal["+", "~", "-"]
"""What is created, changed, taken away."""


class MakeAudience(Struct, frozen=True, tag=True):
    """Our own client of the realm: what tokens are for, and whose roles the rules name. Nobody logs in with it."""

    client: str


class MakeRole(Struct, frozen=True, tag=True):
    role: RoleOf


class MakeScope(Struct, frozen=True, tag=True):
    scope: str


class MakeClient(Struct, frozen=True, tag=True):
    """With its fields, attributes, mapper and scopes; roles follow as steps of their own."""

    client: str
    representation: dict[str, object]


class SetClient(Struct, frozen=True, tag=True):
    """Fields and attributes of a client that exists; an attribute of "" is taken away."""

    client: str
    fields: dict[str, object]
    attributes: dict[str, str]


class SetMapper(Struct, frozen=True, tag=True):
    """Adds the mapper, or puts it in the place of the one with the id `instead_of`."""

    client: str
    mapper: dict[str, object]
    instead_of: str | None = None


class RemoveMapper(Struct, frozen=True, tag=True):
    client: str
    id: str


class Grant(Struct, frozen=True, tag=True):
    """To the client's service account, and to what its tokens may show. `revoke` takes both away."""

    client: str
    role: RoleOf
    revoke: bool = False


class Offer(Struct, frozen=True, tag=True):
    """The scope is in every token of the client; `withdraw`: no longer, also where it could be asked for."""

    client: str
    scope: str
    withdraw: bool = False


class NewSecret(Struct, frozen=True, tag=True):
    """Keycloak makes one, and whoever applies the plan writes it where only the operator can read it."""

    client: str


Act = (
    MakeAudience | MakeRole | MakeScope | MakeClient | SetClient | SetMapper | RemoveMapper | Grant | Offer | NewSecret
)


class Change(Struct, frozen=True):
    """`text` is for whoever decides on it; `act` is what `Realm.apply` does."""

    sign: Sign
    text: str
    act: Act

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"
