"""Pages for people: complete, escaped, readable without scripts."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from support.serving import Served

from gateway.channels.http.documented import openapi
from gateway.channels.http.operations import OPERATIONS
from gateway.channels.http.pages import Pages, _words
from gateway.errors import ERRORS

ALL = ("/", "/errors", "/errors/limit.exceeded", "/docs/moving-from-v0-to-v1")
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(HTMLParser):
    """Balanced elements, ids, links and headings of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if "href" in given:
            self.links.append(given["href"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", ALL)
async def test_a_page_is_well_formed_and_accessible(served: Served, path: str) -> None:
    answer = await served.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Reader(answer.text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    kinds = dict(page.elements)
    assert kinds["html"]["lang"] == "en"
    assert "main" in kinds
    assert all("aria-label" in given for tag, given in page.elements if tag == "pre")
    assert all("scope" in given for tag, given in page.elements if tag == "th")
    names = [given.get("aria-labelledby") for tag, given in page.elements if "aria-labelledby" in given]
    assert set(names) <= set(page.ids)


@pytest.mark.parametrize("path", ALL)
async def test_no_page_runs_or_fetches_anything_foreign(served: Served, path: str) -> None:
    answer = await served.client.get(path)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = Reader(answer.text)
    assert not {"script", "iframe", "object", "style", "form"} & {tag for tag, _ in page.elements}
    assert not [given for _, given in page.elements if any(name.startswith("on") or name == "style" for name in given)]
    assert [link for link in page.links if "://" in link] == []


async def test_every_link_leads_somewhere(served: Served) -> None:
    targets = {link for path in ALL for link in Reader((await served.client.get(path)).text).links}
    ids = set(Reader((await served.client.get("/")).text).ids)
    for target in sorted(targets):
        path, _, fragment = target.partition("#")
        assert not path or (await served.client.get(path)).status_code == 200, target
        assert not fragment or fragment in ids or fragment == "content", target


async def test_the_reference_shows_every_address_with_a_command(served: Served) -> None:
    text = (await served.client.get("/")).text
    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in text
        assert f"<code>{operation.path}</code>" in text
    assert text.count("curl -sS") >= len(OPERATIONS)


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_a_page(code: str) -> None:
    answer = Pages(openapi()).error(code)
    assert answer is not None
    page = answer.content.decode()
    assert code in page
    assert Reader(page).open == []


@pytest.mark.parametrize("code", ["none", "<script>", "internal%00", "../limits", "limit.exceeded.x"])
async def test_an_error_that_does_not_exist_has_none(served: Served, code: str) -> None:
    answer = await served.client.get(f"/errors/{code}")
    assert (answer.status_code, answer.json()["code"]) == (404, "request.not_found")
    assert "<" not in answer.text or answer.headers["content-type"] == "application/problem+json"


async def test_the_type_of_a_problem_leads_to_its_page(served: Served) -> None:
    problem = (await served.client.get("/v1/messages")).json()
    page = await served.client.get(problem["type"])
    assert page.status_code == 200
    assert "token.missing" in page.text


async def test_the_link_of_a_retired_version_leads_to_a_page(served: Served) -> None:
    refused = await served.client.get("/v0/messages", headers=served.aurora())
    [page] = {link for link in re.findall(r"<([^>]+)>", refused.headers["link"]) if link.startswith("/docs/")}
    assert "Moving from v0 to v1" in (await served.client.get(page)).text


def test_texts_are_escaped_before_words_are_marked() -> None:
    assert _words("a `<b>` & c") == "a <code>&lt;b&gt;</code> &amp; c"


def test_a_hostile_address_in_the_settings_is_escaped() -> None:
    page = Pages(openapi("https://x.example/<script>")).reference().content.decode()
    assert "<script>" not in page


async def test_examples_can_be_copied_as_they_stand(served: Served) -> None:
    """A character that is not of the page's encoding would be shown as U+FFFD, and sent as it is shown."""
    assert "\ufffd" not in (await served.client.get("/")).text
    assert "\ufffd" not in (await served.client.get("/openapi/openapi.json")).text


async def test_the_stylesheet_is_a_file_of_our_own(served: Served) -> None:
    answer = await served.client.get("/assets/pages.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, success criterion 1.4.3."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((light(one), light(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


async def test_every_colour_is_readable_on_its_ground(served: Served) -> None:
    text = (await served.client.get("/assets/pages.css")).text
    themes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", text, re.S)
    ]
    assert len(themes) == 2
    for theme in themes:
        for name in ("ink", "quiet", "link", "good", "bad", "get", "post"):
            assert contrast(theme[name], theme["ground"]) >= 4.5, name
        assert contrast(theme["ink"], theme["box"]) >= 4.5
        assert contrast("#ffffff", theme["top"]) >= 4.5
