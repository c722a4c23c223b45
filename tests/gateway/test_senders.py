"""Whose credential it is: each channel knows its callers by a name of its own."""

from pathlib import Path

import pytest
from msgspec.structs import replace

import partners
from gateway.senders import find_sender
from gateway.submissions import Credential, Rejection, Sender
from partners.as2relations import As2Relation
from partners.directory import Directory, load
from partners.sftpaccounts import Sftp, SftpMailbox


@pytest.fixture(scope="module")
def directory() -> Directory:
    """The shipped aurora, which must bind its tokens, speaks AS2 and has an account here."""
    aurora = replace(
        load(Path(partners.__file__).parent).partners["aurora"],
        binding="dpop",
        as2=As2Relation(theirs="AURORA", ours="SALZWERK"),
        sftp=Sftp(mailbox=SftpMailbox(account="aurora-drop")),
    )
    return Directory([aurora], [], "0" * 12)


def credential(channel: str, client: str, towards: str = "") -> Credential:
    return Credential(kind="partner", client=client, towards=towards, channel=channel)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "shown", [credential("as2", "AURORA", "SALZWERK"), credential("sftp", "aurora-drop")], ids=["as2", "sftp"]
)
def test_a_name_of_the_channel_finds_the_partner_and_no_token_is_asked_to_be_bound(
    directory: Directory, shown: Credential
) -> None:
    found = find_sender(directory, shown)
    assert found == Sender(kind="partner", id="aurora", plan="standard", credential=shown)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (credential("as2", "AURORA", "SALZWERK-TEST"), "no profile names this pair of AS2 names"),
        (credential("as2", "aurora", "SALZWERK"), "no profile names this pair of AS2 names"),
        (credential("as2", "aurora-orders"), "no profile names this pair of AS2 names"),
        (credential("sftp", "aurora-orders"), "no profile names this account"),
        (credential("http", "aurora-drop"), "no profile names this client"),
    ],
)
def test_a_name_of_one_channel_is_nobody_on_another(directory: Directory, shown: Credential, text: str) -> None:
    assert find_sender(directory, shown) == Rejection(
        code="sender.unknown", text=text, act="ask us to finish onboarding"
    )


def test_over_http_the_binding_is_still_asked_for(directory: Directory) -> None:
    found = find_sender(directory, credential("http", "aurora-orders"))
    assert isinstance(found, Rejection)
    assert found.code == "sender.binding_required"
