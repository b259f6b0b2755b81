"""Makes a package of a run that is over: looks first whether what goes in belongs together, then writes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.graph.manifest import SnapshotError
from fixtures.graph.snapshot import Snapshot, open_snapshot
from fixtures.recording import KEPT
from fixtures.tenant import wanted_tenant

from .. import posture as postures
from ..collecting import POSTURE
from ..plugin import JUNIT
from ..posture import Posture
from .archive import lay_out
from .comparing import unproven
from .manifest import BASELINE, EXCEPTIONS, FORMAT, MANIFEST, REPORTS, SIGNATURE, SNAPSHOT, Manifest, PackageError, of_posture, text_of
from .manifest import POSTURE as POSTURE_FILE
from .outputs import Outputs, in_package, listing
from .replaying import Judged, ReplayError, replay
from .signing import Signer
from .writing import Writer

OUR_ERROR = 3
_HOST = re.compile(r'(<testsuite\b[^>]*? hostname=")[^"]*"')


class Maker:
    """Begun before the run, to see what the run adds. `work` is a folder of the run's own."""

    def __init__(self, config: pytest.Config, writer: Writer, signer: Signer | None, work: Path) -> None:
        self._config, self._writer, self._signer, self._work = config, writer, signer, work
        self._redacts = bool(config.getoption("--redact"))
        self._runxfail = bool(getattr(config.option, "runxfail", False))
        self._outputs = Outputs(config)
        named = config.getoption("--baseline")
        # As it is now: `--write-baseline` may put another in its place. One that cannot be read ends the run before it begins.
        self._baseline = _read(config.invocation_params.dir / Path(named).expanduser()) if named else None

    def make(self) -> tuple[Path, str]:
        """Where the package is, and its SHA-256. Raises `PackageError` with one line."""
        try:
            recorded = open_snapshot(self._recorded())
            files = self._redacted(recorded) if self._redacts else self._outputs.members(self._others())
            posture = postures.read(files[POSTURE_FILE])
            snapshot = recorded if self._redacts else self._replayed(posture) or recorded
            if lost := unproven(posture.evidence, snapshot):
                raise PackageError(f"no evidence package was made: the snapshot does not hold what was judged: {lost[0]}.", OUR_ERROR)
            return self._write(files, posture, snapshot, self._compared_by(recorded))
        except SnapshotError as error:
            raise PackageError(f"no evidence package was made: {error}") from None

    def _recorded(self) -> Path:
        kept = self._config.stash[KEPT]
        assert isinstance(kept, Path)
        return kept

    def _others(self) -> set[Path]:
        """What lies or may lie in the folder of deliverables and is none of them."""
        return {self._writer.path, self._writer.part, self._recorded().resolve()}

    def _replayed(self, posture: Posture) -> Snapshot | None:
        """The sealed snapshot that this run replayed, where it holds all that was judged: its hash was told when it was recorded.

        One made by hand is as it was recorded now: nothing seals it, and anything may lie beside what was read of it.
        """
        if posture.tenant.source != "snapshot":
            return None
        snapshot = open_snapshot(self._config.invocation_params.dir / Path(wanted_tenant(self._config)).expanduser())
        return snapshot if snapshot.sealed and not unproven(posture.evidence, snapshot) else None

    def _redacted(self, snapshot: Snapshot) -> dict[str, Path]:
        """The deliverables of another run, of the same checks on the redacted snapshot, which never saw the tenant."""
        place, judged = self._work / "snapshot", self._config.stash[POSTURE]
        if place.resolve() != self._recorded().resolve():
            lay_out(snapshot, place)
        exceptions = self._work / EXCEPTIONS
        exceptions.write_bytes(snapshot.read(EXCEPTIONS))
        items = [record.item for record in judged.verdicts]
        try:
            same = Judged(place, exceptions, None, items, judged.fail_on, self._runxfail)
            posture, folder = replay(same, self._work, reports=True)
        except ReplayError as error:
            raise PackageError(f"no evidence package was made: the redacted snapshot cannot be judged: {error}", OUR_ERROR) from None
        before, after = ({record.item: (record.verdict, record.cause) for record in each.verdicts} for each in (judged, posture))
        if different := [item for item in {**before, **after} if before.get(item) != after.get(item)]:
            told = f"no evidence package was made: once redacted, {different[0]} is judged otherwise."
            raise PackageError(told, OUR_ERROR)
        junit = folder / JUNIT
        if junit.is_file():  # names the machine, and that may be called after whose it is
            junit.write_text(_HOST.sub(r'\1"', junit.read_text("utf-8"), count=1), "utf-8", newline="\n")
        return in_package({REPORTS + path.relative_to(folder).as_posix(): path for path in listing(folder)})

    def _compared_by(self, recorded: Snapshot) -> dict[str, bytes]:
        """What made verdicts other than the answers alone: the exceptions, as they were used for this tenant, and the baseline."""
        baseline = {BASELINE: self._baseline} if self._baseline is not None else {}
        return {EXCEPTIONS: recorded.read(EXCEPTIONS), **baseline}

    def _write(self, files: dict[str, Path], posture: Posture, snapshot: Snapshot, by: dict[str, bytes]) -> tuple[Path, str]:
        writer, moment = self._writer, posture.finished_at
        for name in sorted({*by, *files, *(SNAPSHOT + name for name in snapshot.names)}):
            if name.startswith(SNAPSHOT):
                writer.add(name, snapshot.read(name.removeprefix(SNAPSHOT)), moment)
            else:
                writer.add(name, by[name] if name in by else files[name], moment)
        manifest = text_of(
            Manifest(
                format=FORMAT,
                **of_posture(posture),
                redacted=self._redacts,
                signed=self._signer is not None,
                runxfail=self._runxfail,
                snapshot=snapshot.manifest.sha256 or "",
                files=writer.files,
            )
        )
        writer.add(MANIFEST, manifest, moment)
        if self._signer:
            writer.add(SIGNATURE, self._signer.sign(manifest), moment)
        return writer.path, writer.finish()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
