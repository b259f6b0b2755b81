"""A message when something changed: to an address that nobody sees, in words that nobody's tenant can bend, and never quietly lost."""

from __future__ import annotations

import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from ci import notify
from ci.__main__ import main
from ci.notify import FORMATS, MOST, NOT_SENT, address, format_of
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Change, Compared, Effect, Posture, Tool
from tests.test_annotate import HOSTILE
from tests.test_changes import NOW, THEN, posture, record

LINKS = ("[x](https://evil.example)", "<https://evil.example|x>", "<!channel>", "*x*", "&lt;", "<at>a</at>")
BAD = (*HOSTILE, *LINKS, "{{DATE(2026-01-01T00:00:00Z, LONG)}}")
SECRET = "sig=very-secret-0123456789"


def changed(*titles: str, effect: Effect = "regression") -> Posture:
    found = posture(record("A", Verdict.NOT_MET))
    found.baseline, found.exit_status = Compared(THEN, Tool("m365-posture", "1"), 61.5), 1
    found.changes = [
        Change(f"a{number}", f"A{number}", title, "identity", Verdict.MET, Verdict.NOT_MET, effect, "posture changed", "Off.")
        for number, title in enumerate(titles)
    ]
    return found


class Chat:
    """A webhook over HTTPS on this machine. `answer` is its status; `asked` what was posted to it."""

    def __init__(self) -> None:
        self.answer, self.wait, self.asked, self.url = 202, 0.0, list[tuple[str, dict[str, str], Any]](), ""


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    kept = Chat()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.asked.append((self.path, dict(self.headers), json.loads(body)))
            time.sleep(kept.wait)
            self.send_response(kept.answer)
            self.send_header("location", "https://localhost:1/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    kept.url = f"https://localhost:{server.server_port}/hook?{SECRET}"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("CHAT", kept.url)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield kept
    server.shutdown()
    server.server_close()


Tell = Callable[..., int]


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    def run(found: Posture, *arguments: str) -> int:
        postures.write(found, tmp_path / "posture.json")
        return main(["notify", str(tmp_path / "posture.json"), "--webhook-env", "CHAT", *arguments])

    return run


@pytest.mark.parametrize("form", FORMATS)
def test_what_changed_is_told_once(form: str, chat: Chat, tell: Tell, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(changed("Block it", "Lock it"), "--format", form, "--link", "https://ci.example/runs/1") == 0
    ((path, headers, body),) = chat.asked
    assert path == f"/hook?{SECRET}"
    assert headers["content-type"] == "application/json"
    text = json.dumps(body)
    assert "Tenant: 2 regression" in text
    assert "Block it [A0]: it was met and is not met (posture changed). Off." in text
    assert "https://ci.example/runs/1" in text
    assert capsys.readouterr().out == "2 changes told.\n"


def test_nothing_is_said_where_nothing_changed(chat: Chat, tell: Tell, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(changed(), "--format", "slack") == 0
    assert not chat.asked
    assert capsys.readouterr().out == "Nothing changed: no message.\n"


@pytest.mark.parametrize("answer", [301, 302, 307, 400, 404, 429, 500, 503])
def test_an_answer_that_is_no_yes_is_told_and_is_no_success(
    answer: int, chat: Chat, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.answer = answer
    assert tell(changed("x"), "--format", "teams") == NOT_SENT
    assert len(chat.asked) == 1, "nobody else is asked"
    shown = capsys.readouterr()
    assert shown.err == f"The message was not sent: the webhook answered {answer}.\n"
    assert SECRET not in shown.out + shown.err


def nobody_listens(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT", f"https://localhost:1/hook?{SECRET}")


def an_unknown_certificate(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")


def no_answer(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.wait = 2
    monkeypatch.setattr(notify, "TIMEOUT", 0.3)


def no_certificates(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")


@pytest.mark.parametrize("fault", [nobody_listens, an_unknown_certificate, no_answer, no_certificates])
def test_a_webhook_that_cannot_be_reached(
    fault: Callable[..., None], chat: Chat, tell: Tell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault(chat, monkeypatch)
    began = time.monotonic()
    assert tell(changed("x"), "--format", "teams") == NOT_SENT
    assert time.monotonic() - began < 10
    shown = capsys.readouterr()
    assert shown.err.startswith("The message was not sent: ")
    assert shown.err.count("\n") == 1
    assert SECRET not in shown.out + shown.err
    assert "localhost" not in shown.out + shown.err


NO_ADDRESS = (
    "",
    " ",
    SECRET,
    f"http://hooks.slack.com/{SECRET}",
    f"https:///{SECRET}",
    f"ftp://hooks.slack.com/{SECRET}",
    f"https://u:{SECRET}@hooks.slack.com/",
    f"https://hooks.slack.com:x/{SECRET}",
    f"https://hooks.slack.com/\n{SECRET}",
    f"https://[::1/{SECRET}",
)


@pytest.mark.parametrize("value", NO_ADDRESS, ids=range(10))
def test_an_address_that_is_none(value: str, tell: Tell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CHAT", value)
    with pytest.raises(SystemExit) as ended:
        tell(changed("x"))
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert "--webhook-env: CHAT" in shown.err
    assert SECRET not in shown.out + shown.err


@pytest.mark.parametrize(
    ("host", "form"),
    [
        ("hooks.slack.com", "slack"),
        ("hooks.slack-gov.com", "slack"),
        ("prod-1.westeurope.logic.azure.com", "teams"),
        ("abc.4a.environment.api.powerplatform.com", "teams"),
        ("contoso.webhook.office.com", "teams"),
        ("slack.com.evil.example", None),
        ("evil-slack.com", None),
        ("example.com", None),
    ],
)
def test_the_format_is_told_by_the_host(host: str, form: str | None) -> None:
    if form:
        assert format_of(f"https://{host}/x") == form
        return
    with pytest.raises(ValueError, match="say it"):
        format_of(f"https://{host}/x?{SECRET}")


def test_the_address_is_the_variables() -> None:
    assert address("X", {"X": " https://hooks.slack.com/services/a \n"}) == "https://hooks.slack.com/services/a"


TITLES = st.lists(st.one_of(st.sampled_from(BAD), st.text(max_size=300)), max_size=30)
EFFECTS: st.SearchStrategy[Effect] = st.sampled_from(["regression", "lost coverage", "new", "improvement"])


@given(TITLES, EFFECTS, st.one_of(st.sampled_from(BAD), st.text(max_size=300)))
def test_a_message_keeps_to_the_limits_and_its_text_is_only_text(titles: list[str], effect: Effect, name: str) -> None:
    found = changed(*titles, effect=effect)
    found.tenant = postures.TenantFacts("t", name, "global", "live", name)
    for change in found.changes:
        assert len(notify._line(change)) < 600
    card = FORMATS["teams"](found, None)
    assert len(msgspec.json.encode(card)) < 28_000
    (attachment,) = card["attachments"]
    body = attachment["content"]["body"]
    assert {block["type"] for block in body} == {"RichTextBlock"}
    runs = [run for block in body for run in block["inlines"]]
    assert not [run for run in runs if "{{" in run["text"] or "}}" in run["text"]]
    assert len(body) <= MOST + 3
    message = FORMATS["slack"](found, None)
    assert len(message["blocks"]) <= 50
    assert not set("<>") & set(message["text"])
    elements = [element for block in message["blocks"] for section in block["elements"] for element in section["elements"]]
    assert {element["type"] for element in elements} == {"text"}
    assert all(0 < len(element["text"]) <= 3000 for element in elements)


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Microsoft's own renderer of Adaptive Cards."""
    npm, browser = shutil.which("npm"), shutil.which("chromium")
    if not npm or not browser:
        pytest.skip("npm and chromium are needed to see a card as Teams would draw it")
    folder = tmp_path_factory.mktemp("cards")
    fetched = subprocess.run([npm, "pack", "--silent", "adaptivecards@3.0.6"], cwd=folder, capture_output=True, text=True, timeout=120)
    if fetched.returncode:
        pytest.skip("the package adaptivecards cannot be fetched here")
    shutil.unpack_archive(folder / fetched.stdout.strip(), folder, filter="data")
    return folder / "package" / "dist" / "adaptivecards.min.js"


def test_microsofts_renderer_shows_the_card_and_makes_nothing_of_a_tenants_words(renderer: Path) -> None:
    words = (*LINKS, BAD[-1], *HOSTILE[:2])
    found = changed(*words)
    card = FORMATS["teams"](found, "https://ci.example/runs/1")["attachments"][0]["content"]
    script = """card => {
        const made = new AdaptiveCards.AdaptiveCard(), context = new AdaptiveCards.SerializationContext();
        made.parse(card, context);
        document.body.appendChild(made.render());
        return [context.eventCount, made.validateProperties().validationEvents.length, document.querySelectorAll("a, img").length];
    }"""
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"]).new_page()
        page.set_content("<body></body>")
        page.add_script_tag(path=renderer)
        assert page.evaluate(script, card) == [0, 0, 0]
        shown = page.inner_text("body")
    for title in words:
        assert title.replace("{{", "{ {").replace("}}", "} }") in shown
    assert f"As of {NOW:%Y-%m-%d %H:%M} UTC since the baseline of 2026-05-04. Secure Score not known. Exit status 1." in shown
