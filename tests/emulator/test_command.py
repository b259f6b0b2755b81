"""`python -m tests.emulator`: started and ended as a benchmark or a person does it, and described in docs/emulator.md."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from fixtures.demo.settings import TENANT_ID as DEMO_TENANT
from tests.harness import ROOT

from .__main__ import main, parser
from .limits import SERVICES
from .plan import KINDS
from .tiny import TENANT_ID, write_tiny

DOCS = (ROOT / "docs" / "emulator.md").read_text("utf-8")
POLICIES = "v1.0/identity/conditionalAccess/policies"


class Command:
    """The command, started with `--ready`. `told` is what it had printed when it ended."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        ready = folder / "ready.json"
        line = [sys.executable, "-m", "tests.emulator", f"--ready={ready}", *arguments]
        self.process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        until = time.monotonic() + 60
        while not ready.exists() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert ready.exists(), self.end()
        self.ready: dict[str, Any] = json.loads(ready.read_text("utf-8"))

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Its exit status, and what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        trust = ssl.create_default_context(cafile=self.ready["ca_file"])
        form = {
            "grant_type": "client_credentials",
            "client_id": self.ready["environment"]["AZURE_CLIENT_ID"],
            "client_secret": self.ready["environment"]["AZURE_CLIENT_SECRET"],
            "scope": f"{self.ready['graph']}/.default",
        }
        with httpx.Client(base_url=self.ready["graph"], verify=trust, trust_env=False, timeout=20) as client:
            answer = client.post(f"{self.ready['authority']}/{self.ready['tenant_id']}/oauth2/v2.0/token", data=form)
            client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Starts the command; none outlives its test."""
    with ExitStack() as started:

        def begin(*arguments: str) -> Command:
            command = Command(tmp_path, *arguments)
            started.callback(command.process.kill)
            return command

        yield begin


def test_it_serves_as_it_was_told_and_says_what_it_was_asked(start: Callable[..., Command], tmp_path: Path) -> None:
    snapshot, plan, log = write_tiny(tmp_path / "tiny"), tmp_path / "bad.plan", tmp_path / "log.json"
    plan.write_text("# a bad day\norganization 503 times=1\n", "utf-8")
    options = (f"--snapshot={snapshot}", "--fault=domains 429 retry-after=0.25 times=1", f"--plan={plan}", "--latency=0.2")
    command = start(*options, "--roles=Domain.Read.All", f"--log={log}")
    with command.client() as client:
        began = time.monotonic()
        answers = [client.get(f"/{path}") for path in ("v1.0/domains", "v1.0/organization", "v1.0//domains?$top=1", POLICIES, POLICIES)]
        assert time.monotonic() - began >= 0.8
        token = client.headers["authorization"].split()[1]
    status, out, err = command.end()
    assert [answer.status_code for answer in answers][:3] == [429, 503, 200]
    assert answers[0].headers["retry-after"] == "0.25"
    assert command.ready["tenant_id"] == TENANT_ID
    assert re.search(r'^id = "' + TENANT_ID, out, re.MULTILINE)
    assert b"Domain.Read.All" in __import__("base64").urlsafe_b64decode(token.split(".")[1] + "==")
    assert (status, err) == (0, "")
    noted = json.loads(log.read_text("utf-8"))
    assert [(seen["path"], unquote(seen["query"]), seen["status"]) for seen in noted["requests"]][1:4] == [
        ("/v1.0/domains", "", 429),
        ("/v1.0/organization", "", 503),
        ("/v1.0//domains", "$top=1", 200),
    ]
    times = [seen["at"] for seen in noted["requests"]]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] < 60
    assert noted["throttled"] == {"conditional access and identity protection": 1}
    assert "6 requests: " in out.splitlines()[-1]
    assert "2 x 429, 1 x 503" in out.splitlines()[-1]


def test_without_a_snapshot_it_is_the_demo_tenant_and_ends_on_ctrl_c(start: Callable[..., Command]) -> None:
    command = start("--no-limits", "--fault=domains latency seconds=0.5")
    with command.client() as client:
        assert [client.get(f"/{POLICIES}").status_code for _ in range(2)] == [200, 200]
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1.0/domains", timeout=httpx.Timeout(5, read=0.1))
        time.sleep(0.6)
    status, out, err = command.end(signal.SIGINT)
    assert command.ready["tenant_id"] == DEMO_TENANT
    assert (status, err) == (0, "")
    assert "4 requests: 4 x 200" in out


def test_a_client_that_leaves_and_an_end_in_the_middle_are_no_news(start: Callable[..., Command]) -> None:
    command = start("--fault=domains latency seconds=1", "--fault=users stall", "--fault=organization reset")
    with command.client() as client:
        for path in ("domains", "users", "organization"):
            with pytest.raises(httpx.TransportError):
                client.get(f"/v1.0/{path}", timeout=httpx.Timeout(5, read=0.2))
        time.sleep(1)
        with client.stream("GET", "/v1.0/users") as answer:
            assert answer.status_code == 200
            status, out, err = command.end()
    assert (status, err) == (0, "")
    assert "1 x no answer" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault=users slow"], "there is no fault 'slow'"),
        (["--latency=-1"], "seconds= wants seconds"),
        (["--plan=no-such-file"], "no-such-file"),
        (["--snapshot=no-such-folder"], "no snapshot at no-such-folder"),
        (["--snapshot=no\nsuch\x1b[31m"], "no snapshot at no such"),
        (["--port=99999"], "port must be 0-65535"),
        (["--log=no-such-folder/log"], "no folder for"),
    ],
)
def test_what_it_cannot_use_is_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["emulator", *arguments])
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    status, told = main(), capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert told.err.startswith("emulator: ")
    assert said in told.err
    assert len(told.err.splitlines()) == 1


def test_every_fault_every_option_and_every_limit_is_documented() -> None:
    options = [option for action in parser()._actions for option in action.option_strings if option.startswith("--")]
    assert {"--snapshot", "--users", "--devices", "--port", "--latency", "--fault", "--plan", "--no-limits", "--roles"} <= {*options}
    assert not [option for option in options if f"`{option}" not in DOCS]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|(.*)\|$", DOCS, re.MULTILINE))
    assert {
        kind: {f"`{option}=`" for option in own} <= {*re.findall(r"`[a-z-]+=`", rows[kind])} for kind, own in KINDS.items()
    } == dict.fromkeys(KINDS, True)
    assert not [word for word in ("`times=N`", "`after=N`", "`retry-after=`", "429", "500", "502", "503", "504") if word not in DOCS]
    assert not [service.name for service in SERVICES if f"{service.most:,}" not in DOCS.split("## Limits")[1]][1:]
