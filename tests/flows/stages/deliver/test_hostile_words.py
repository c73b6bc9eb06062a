"""Hostile words wherever foreign words can stand in a message: they stay words in each form in which it goes out.

The list of naughty strings is taken from the corpora beside the repository where it is there; our own always.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from opened_channels import DESK
from receivers import HOSTILE

from flows.stages.compose import compose_group, compose_part, part_of
from flows.stages.deliver.chat import TITLE_CHARACTERS, chat_text
from flows.stages.deliver.dispatch import Dispatched
from flows.stages.deliver.email import HEADERS, SUBJECT_CHARACTERS, header_names, serialised
from flows.stages.deliver.message import Message, one_line, plain
from flows.stages.deliver.webhook import json_body
from flows.stages.digest_message import compose_digest
from flows.stages.follow_up import FollowUp
from flows.stages.record import Recorded
from flows.stages.report import RunReport, as_markdown
from parsers.coding.values import Description
from storage.alert_values import Digest
from storage.values import Change, Development
from tests.flows.corpora import files_of
from tests.flows.stages.told_samples import GAO, NOON, TOLL, alert, development, report, state, version

OURS = {
    **HOSTILE,
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "out of its place": "\"'></title></style></td></table></blockquote><a href='javascript:alert(1)'>x</a>",
    "entities": "&lt;script&gt;&#60;img src=x&#62;&colon;",
    "comment": "<!-- --> ]]> <![CDATA[x]]> <?php ?>",
    "link": "[x](javascript:alert(1)) ![x](data:text/html,x) [x]: javascript:alert(1) <javascript:alert(1)>",
    "address": "<desk@example.org> desk@example.org mailto:desk@example.org",
    "chat": "@everyone @here <!channel> <@U123> <#C1|x> <http://example.org|click> `code` ```code```",
    "list": "- x\n* x\n1. x\n# x\n> x\n| a | b |\n|---|---|\n***\n===",
    "template": "{{ 7*7 }} {% include '/etc/passwd' %} {0.__class__} ${7*7} #{7*7} %(x)s %s",
    "header": "\r\nBcc: v@example.org\r\nContent-Type: text/html\r\n\r\n<script>",
    "many headers": "a\nTo: v@example.org\rCc: v@example.org\u2028Bcc: v@example.org\u2029Reply-To: v@example.org",
    "encoded words": "=?utf-8?B?PHNjcmlwdD4=?= =?iso-8859-1?q?=0D=0AX-A:_b?= =?utf-8?q??=",
    "broken encoded words": "=?utf-8?q?=?= =?x-unknown?b?////?= =?utf-8?q?=FF=FE?=",
    "right to left": "\u202e\u2066gnikcatta\u2069 القوات المسلحة \u200f \u061c",
    "many marks": "a" + "\u0301" * 500,
    "beyond the plane": "😀🏴󠁧󠁢󠁥󠁮󠁧󠁿 \U0010ffff \ufffe \ufeff",
    "5,000 in many scripts": "Ségou 塞古 Сегу سيغو " * 263,
    "5,000 without a break": "é" * 5000,
    "5,000 quotes": "\"\\'" * 1667,
}  # fmt: skip
SAMPLED = 5  # each so-manyth string, where not all are asked for
_SCHEMES = re.compile(r"^https?://")


def naughty() -> list[str]:
    (content,) = files_of("blns.tar.gz", "blns.json").values()
    listed: list[str] = json.loads(content)
    assert len(listed) >= 500
    return listed


def told_with(words: str) -> Development:
    """Return a development in which these words stand wherever foreign words can."""
    of = state(
        summary=f"JNIM ambushes {words}", claimant=words, place=replace(GAO, name=words, region=words),
        participants=(replace(state().participants[0], name=words), state().participants[1]),
        quantities=(replace(TOLL, surface=words, claimant=words), replace(TOLL, surface=words, low=2, claimant=None)),
        descriptions=(Description(actor_id="wagner_group", text=words, start=0, end=9),),
    )  # fmt: skip
    hostile = {"quote": words, "outlet": words, "external_id": words, "claimant": words, "attributed_to": (words,)}
    reports = (
        report(1, **hostile, development_version_id=1), report(2, **hostile, url=words, development_version_id=2),
    )  # fmt: skip
    changes = (
        Change(field="place", old=words, new="Gao", reason=f"told by {words}"),
        Change(field="actors", old=[], new=[words], reason=words),
    )
    return development(version(1, of), version(2, of, changes=changes, decision="update"), reports=reports)


def messages(words: str) -> list[Message]:
    """Return a message of each kind with these words: news, a follow-up, a group, a digest."""
    held, reasons = told_with(words), (f"rule all: {words}", words)
    known = FollowUp(change="correction", changes=held.version.changes, since=NOON, since_number=1, thread="alert_0")
    news = part_of(alert(1, reasons=reasons), held, follow=FollowUp(change="new", changes=()))
    later = part_of(alert(2, reasons=reasons), held, follow=known)
    digest = Digest(
        id=1, uid="digest_1", watch="mali", period="daily", start_at=NOON, end_at=NOON.replace(day=10), channel="desk",
        recipient=DESK, state="sending", attempts=1,
    )  # fmt: skip
    return [
        compose_part(news, uid="alert_1"),
        compose_part(later, uid="alert_2", notes=(words,), possible_repeat=True),
        compose_group([news, later], uid="group_1", notes=(words,)),
        compose_digest(digest, words, [(held, "high")], zone="UTC"),
    ]


def as_report(words: str) -> str:
    """Return the Markdown of a run that recorded the development."""
    held = told_with(words)
    recorded = Recorded(name=words, versions=held.history, alerts=(alert(1),))
    return as_markdown(
        RunReport(
            now=NOON, collected=(), read=(), recorded=(recorded,), notices=(),
            dispatched=Dispatched(errors=(words,)), developments={held.id: held},
        )
    )  # fmt: skip


class Tags(HTMLParser):
    """Collects the tags of a page with the names of their attributes, and the addresses of its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", ()))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", (decl,)))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", (data,)))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", ()))


def structure(page: str) -> Any:
    """Return the tags as two parsers read them, and the scripts of the page's own."""
    soup = BeautifulSoup(page, "lxml")
    return Tags(page).found, [(tag.name, sorted(tag.attrs)) for tag in soup.find_all(True)]


def assert_mail(message: Message) -> str:
    """Return the page of the mail as a reader gets it."""
    content = serialised(message, DESK, sender="Watch <watch@example.org>", channel="desk")
    assert content.isascii()
    expected = [*HEADERS, "in-reply-to", "references"] if message.thread else [*HEADERS]
    assert header_names(content) == sorted(expected)
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert [d for part in mail.walk() for d in part.defects] == []
    assert [d for value in mail.values() for d in value.defects] == []
    assert (mail["To"], len(mail["To"].addresses), mail["Bcc"], mail["Cc"]) == (DESK, 1, None, None)
    assert 0 < len(" ".join(mail["Subject"].split())) <= SUBJECT_CHARACTERS  # 3.13.0 folds a space more into it
    assert len(mail["Subject"].splitlines()) == 1
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert "Why you got this" in text or "why  " in text
    assert page.rstrip().endswith("</html>")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    return str(page)


def assert_markup(page: str, benign: str, *, same: bool) -> None:
    """Fail for any tag or attribute that a page with ordinary words has not; `same`: at any other place as well."""
    found, usual = structure(page), structure(benign)
    if same:
        assert found == usual
    else:
        known = {tag for tags in usual for tag, _ in tags} | {"a"}
        assert {tag for tags in found for tag, _ in tags} <= known
    assert [link for link in Tags(page).links if not _SCHEMES.match(link)] == []


def assert_chat(message: Message) -> None:
    for text in (chat_text(message.text), chat_text(one_line(message.subject, TITLE_CHARACTERS))):
        assert not {"<", ">", "`", "[", "]"} & set(text)
        assert not re.search(r"@\w", text)


def assert_hook(message: Message) -> None:
    def addresses(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (v for k, v in value.items() if k == "url" and v is not None)
            yield from (found for part in value.values() for found in addresses(part))
        elif isinstance(value, list):
            yield from (found for part in value for found in addresses(part))

    told = json.loads(json_body(message).decode("utf-8", "strict"))
    assert [url for url in addresses(told) if not _SCHEMES.match(url)] == []


def rendered(markdown: str) -> str:
    """Return the HTML that a common Markdown reader makes of it."""
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


def assert_markdown(markdown: str, benign: str, *, same: bool) -> None:
    assert_markup(rendered(markdown), rendered(benign), same=same)
    assert not re.search(r"(?<!\\)@", markdown), "readers make a link of an address of mail"


def check(words: str, benign: list[Message], benign_report: str) -> None:
    same = not (_SCHEMES.match(words) or not plain(words).strip())  # a link more, or a line less
    for message, usual in zip(messages(words), benign, strict=True):
        assert_chat(message)
        assert_hook(message)
        assert_markup(assert_mail(message), usual.html, same=same)
    assert_markdown(as_report(words), benign_report, same=bool(plain(words).strip()))


@pytest.fixture(scope="module")
def checked() -> Callable[[str], None]:
    benign, benign_report = messages("words"), as_report("words")
    return lambda words: check(words, benign, benign_report)


@pytest.mark.parametrize("words", OURS.values(), ids=OURS.keys())
def test_fault_85_hostile_words_stay_words(words: str, checked: Callable[[str], None]) -> None:
    checked(words)


def test_fault_85_the_naughty_strings_stay_words(
    checked: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    strings = naughty()[:: 1 if request.config.getoption("--whole-corpora") else SAMPLED]
    failed: dict[str, str] = {}
    for number, words in enumerate(strings):
        try:
            checked(words)
        except (AssertionError, ValueError) as error:
            failed[f"{number} {words[:60]!r}"] = str(error)[:200]
    print(f"{len(strings)} strings, {4 * len(strings)} messages, {len(failed)} faults")
    assert failed == {}
