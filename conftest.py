"""The plugins a run is made of, in the order of the data: read, judged, compared, reported."""

from __future__ import annotations

import pytest

PLUGINS = (
    "fixtures.tenant",
    "fixtures.evidence",
    "fixtures.recording",
    "fixtures.secure_score",
    "fixtures.actions",
    "fixtures.people",
    "fixtures.sign_ins",
    "fixtures.mail_protection.families",
    "fixtures.judging",
    "fixtures.preflight",
    "reports.collecting",
    "reports.explain",
    "ci.exceptions",
    "ci.baseline",
    "ci.exit_status",
    "reports.plugin",
    "reports.html",
    "reports.terminal",
    "reports.package.plugin",
)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """`pytest_plugins` would look for each among what every installed distribution registers: a tenth of a second and more."""
    for name in PLUGINS:
        pluginmanager.import_plugin(name)
