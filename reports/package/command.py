"""`python -m reports verify FILE.zip`: its place on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_to(commands: Any) -> None:
    check = commands.add_parser("verify", help="check an evidence package, offline: 0 where it holds, 1 where it does not")
    check.add_argument("package", type=Path, metavar="FILE.zip")
    check.add_argument("--certificate", type=Path, metavar="CERT.pem", help="the signer's certificate, or that of the CA that issued it")


def run(options: argparse.Namespace) -> int:
    from .verify import verify

    return verify(options.package, options.certificate)
