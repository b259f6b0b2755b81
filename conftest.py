"""The plugins a run is made of, in the order of the data: read, judged, compared, reported."""

pytest_plugins = [
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
]
