"""What `python -m reports verify` does with a file from anybody, and whose signature it takes."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.package import signing
from reports.package.manifest import PackageError
from tests.harness import NOW
from tests.packages import PEM, Checked, Identity, change, files_of, identity, listed, tiny, write


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (tiny(tmp_path / name).read_bytes() for name in ("a.zip", "b.zip"))
    assert first == second


@pytest.fixture(scope="module")
def small(place: Path) -> Path:
    return tiny(place / "small.zip")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_of_the_file(small: Path, place: Path, verify: Callable[..., Checked], data: st.DataObject) -> None:
    """One that is another, an end that is missing, bytes before, within and behind: never that it holds, never a traceback."""
    body, path = small.read_bytes(), place / "bytes.zip"
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.one_of(st.integers(start, min(start + 3, len(body))), st.just(len(body))))
    path.write_bytes(body[:start] + data.draw(st.binary(max_size=3)) + body[end:])
    if path.read_bytes() == body:
        return
    told = verify(path)
    assert told.status in {1, 2}
    assert told.status == 1 or (len(told.err.splitlines()) == 1 and not told.failures)
    assert "the package holds" not in told.out


def test_who_signed_must_be_who_is_known(tmp_path: Path, verify: Callable[..., Checked]) -> None:
    own = identity(tmp_path, "Own", rsa.generate_private_key(65537, 2048))
    package = tiny(tmp_path / "it.zip", signing.signer_of(own.signs_with), datetime.now(UTC))
    assert "the certificate was not checked because none was given" in verify(package).out
    assert "vouches for it" in verify(package, "--certificate", own.known_by).out
    for other in (
        identity(tmp_path, "The authority", ca=True),
        identity(tmp_path, "Other"),
        identity(tmp_path, "Own", own.key),
    ):  # the last: the same name and key, another paper
        assert any("neither the one given nor issued by it" in line for line in verify(package, "--certificate", other.known_by).failures)
    assert any("a certificate was given" in line for line in verify(tiny(tmp_path / "b.zip"), "--certificate", own.known_by).failures)


def test_a_signature_is_of_one_manifest_by_one_key(tmp_path: Path, verify: Callable[..., Checked]) -> None:
    own, other = identity(tmp_path, "Own"), identity(tmp_path, "Other")
    files = files_of(tiny(tmp_path / "it.zip", signing.signer_of(own.signs_with), datetime.now(UTC)))
    changed = {**files, "reports/a.txt": b"b"}
    for bad in (
        {**listed(changed), "manifest.json.p7s": files["manifest.json.p7s"]},
        {**files, "manifest.json.p7s": signing.signer_of(other.signs_with).sign(files["manifest.json"] + b" ")},
        {**files, "manifest.json.p7s": b""},
        {**files, "manifest.json.p7s": files["manifest.json.p7s"] + b"\0"},
    ):
        assert any("signature" in line and "does not hold" in line for line in verify(write(tmp_path / "bad.zip", bad)).failures)


@pytest.mark.parametrize("chained", [False, True])
def test_an_authority_vouches_for_those_it_issued(chained: bool, tmp_path: Path) -> None:
    authority = identity(tmp_path, "Authority", ca=chained)
    signer = identity(tmp_path, "Signer", issuer=authority)
    certificate = signing.verify(signing.signer_of(signer.signs_with).sign(b"it"), b"it")
    if chained:
        signing.vouched_for(certificate, [authority.certificate], datetime.now(UTC))
        with pytest.raises(signing.SignatureError, match="was not valid then"):
            signing.vouched_for(certificate, [authority.certificate], NOW.replace(year=2999))
    else:
        with pytest.raises(signing.SignatureError, match="neither"):
            signing.vouched_for(certificate, [authority.certificate], datetime.now(UTC))


def test_keys_that_cannot_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(path: Path) -> str:
        with pytest.raises(PackageError) as refused:
            signing.signer_of(path)
        assert "\n" not in str(refused.value)
        assert "secret" not in str(refused.value)
        return str(refused.value)

    monkeypatch.delenv(signing.PASSPHRASE, raising=False)
    own = identity(tmp_path, "Own")
    secret = own.signs_with.read_bytes().partition(b"-----BEGIN CERTIFICATE")[0]
    (tmp_path / "alone.pem").write_bytes(secret)
    (tmp_path / "wrong.pem").write_bytes(secret + identity(tmp_path, "Other").known_by.read_bytes())
    edwards = ed25519.Ed25519PrivateKey.generate().private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "edwards.pem").write_bytes(edwards)
    assert "no certificate of its key" in refusal(tmp_path / "alone.pem")
    assert "no certificate of its key" in refusal(tmp_path / "wrong.pem")
    assert "neither RSA" in refusal(tmp_path / "edwards.pem")
    assert "neither RSA" in refusal(identity(tmp_path, "Short", rsa.generate_private_key(65537, 1024)).signs_with)
    assert "not valid today" in refusal(identity(tmp_path, "Late", days=-1).signs_with)
    assert "no private key" in refusal(own.known_by)
    hidden = identity(tmp_path, "Hidden", passphrase="secret").signs_with
    assert f"not in {signing.PASSPHRASE}" in refusal(hidden)
    monkeypatch.setenv(signing.PASSPHRASE, "another secret")
    assert "is not its passphrase" in refusal(hidden)
    assert "has no passphrase" in refusal(own.signs_with)
    monkeypatch.setenv(signing.PASSPHRASE, "secret")
    assert signing.signer_of(hidden).certificate.subject.rfc4514_string() == "CN=Hidden"


@pytest.fixture(scope="module")
def auditor(place: Path) -> Identity:
    return identity(place, "The auditor")


@pytest.fixture(scope="module")
def signature(auditor: Identity) -> bytes:
    return signing.Signer(auditor.key, auditor.certificate, ()).sign(b"it")


@settings(max_examples=60)
@given(st.data())
def test_a_signature_from_anybody(signature: bytes, auditor: Identity, data: st.DataObject) -> None:
    """Read without a traceback whatever it is; and where it holds, it is by the same key."""
    body = signature
    start = data.draw(st.integers(0, len(body)))
    changed = body[:start] + data.draw(st.binary(max_size=4)) + body[data.draw(st.integers(start, min(start + 4, len(body)))) :]
    with suppress(signing.SignatureError):
        assert signing.verify(changed, b"it").public_key() == auditor.key.public_key()


def entry(name: str, mode: int = stat.S_IFREG | 0o600, **more: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("x")
    made.filename, made.external_attr = name, mode << 16
    for key, value in more.items():
        setattr(made, key, value)
    return made


HOSTILE: dict[str, tuple[list[tuple[zipfile.ZipInfo, bytes]], str]] = {
    "out of it": ([(entry("../x"), b"")], "is no name"),
    "out of it, further in": ([(entry("snapshot/../../x"), b"")], "is no name"),
    "from the root": ([(entry("/etc/x"), b"")], "is no name"),
    "of another system": ([(entry("snapshot\\..\\x"), b"")], "is no name"),
    "of a drive": ([(entry("C:x"), b"")], "is no name"),
    "a folder": ([(entry("snapshot/"), b"")], "is no name"),
    "nothing between": ([(entry("snapshot//x"), b"")], "is no name"),
    "a name that is shown as another": ([(entry("a\x1b[2Jb"), b"")], "is no name"),
    "a long name": ([(entry("x" * 500), b"")], "is no name"),
    "a link": ([(entry("snapshot/x", stat.S_IFLNK | 0o777), b"/etc/passwd")], "not a file"),
    "a device": ([(entry("snapshot/x", stat.S_IFCHR | 0o600), b"")], "not a file"),
    "twice": ([(entry("x"), b"a"), (entry("x"), b"b")], "is in it twice"),
    "twice, where case is nothing": ([(entry("x"), b"a"), (entry("X"), b"b")], "is in it twice"),
    "packed otherwise": ([(entry("x", compress_type=zipfile.ZIP_BZIP2), b"a")], "encrypted, or packed"),
    "no package": ([(entry("x"), b"a")], "no manifest.json"),
}  # fmt: skip


def refused(told: Checked) -> str:
    assert told.status == 2
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert "\x1b" not in line
    return line


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_zip_is_refused_in_one_line(name: str, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    entries, said = HOSTILE[name]
    assert said in refused(verify(write(tmp_path / "it.zip", entries)))
    assert [path.name for path in tmp_path.iterdir()] == ["it.zip"]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, verify: Callable[..., Checked], monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the zip says of itself, and one that says too little is cut off there."""
    bomb = write(tmp_path / "bomb.zip", {"snapshot/x": bytes(1 << 20)})
    body = bytearray(bomb.read_bytes())
    at = body.rindex(b"PK\x01\x02") + 24  # the size in the directory
    body[at : at + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    (tmp_path / "large.zip").write_bytes(body)
    assert "too large" in refused(verify(tmp_path / "large.zip"))
    monkeypatch.setattr("reports.package.archive.MOST_BYTES", 1 << 19)
    assert "would come out of it" in refused(verify(bomb))
    monkeypatch.setattr("reports.package.archive.MOST_FILES", 0)
    assert "would come out of it" in refused(verify(bomb))
    monkeypatch.undo()
    body[at : at + 4] = (10).to_bytes(4, "little")
    name = bytes(body).replace(b"snapshot/x", b"manifest.j").replace(b"manifest.j", b"snapshot/x")
    (tmp_path / "small.zip").write_bytes(name)
    assert verify(tmp_path / "small.zip").status in {1, 2}


def test_members_over_one_another(tmp_path: Path, verify: Callable[..., Checked]) -> None:
    """Ten names for the same packed bytes; and a program in front of a zip."""
    path = write(tmp_path / "it.zip", {f"x{number}": bytes(range(256)) * 64 for number in range(10)})
    body = path.read_bytes()
    packed = zipfile.ZipFile(path).infolist()
    directory = body.index(b"PK\x01\x02")
    (tmp_path / "over.zip").write_bytes(body[: packed[1].header_offset] + body[directory:])
    assert verify(tmp_path / "over.zip").status in {1, 2}
    (tmp_path / "before.zip").write_bytes(b"PK" + bytes(100) + body)
    assert "lies before them" in refused(verify(tmp_path / "before.zip"))


def test_bad_input(small: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    (tmp_path / "text").write_text("no zip", "utf-8")
    assert "not a zip" in refused(verify(tmp_path / "text"))
    assert "cannot be read" in refused(verify(tmp_path / "none"))
    assert "cannot be read" in refused(verify(tmp_path))
    assert "cannot be read" in refused(verify(small, "--certificate", tmp_path / "none"))
    assert "no certificate" in refused(verify(small, "--certificate", tmp_path / "text"))
    files = files_of(small)
    files["manifest.json"] = change(files["manifest.json"], lambda manifest: manifest.update(format=2))
    told = verify(write(tmp_path / "later.zip", files))
    assert told.status == 2
    assert "format 2 is not known here" in told.err
