"""What stands on PATH for `az`, `azd` and `pwsh`, and for a browser, where a run signs in to an emulator: it says what they say.

Started as a file, with the emulator's address and certificate before the arguments of the tool.
"""

from __future__ import annotations

import base64
import html
import json
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlencode


def main(tool: str, emulator: str, ca_file: str, *arguments: str) -> int:
    context = ssl.create_default_context(cafile=ca_file)
    if tool == "browser":
        follow(arguments[-1], context)
        return 0
    resource, tenant = _wanted(tool, arguments)
    address = f"{emulator}/login/{tool}?{urlencode({'resource': resource, 'tenant': tenant})}"
    try:
        with urllib.request.urlopen(address, context=context, timeout=10) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        print(_refused(tool, json.load(error).get("error_description")), file=sys.stderr)
        return 1
    print(_said(tool, tenant, found["access_token"], int(time.time()) + found["expires_in"]))
    return 0


def follow(address: str, context: ssl.SSLContext) -> None:
    """Open a page of the sign-in, as a browser does: what it wants posted is posted."""
    with urllib.request.urlopen(address, context=context, timeout=10) as answer:
        page = answer.read().decode()
    form = re.search(r'action="([^"]+)"', page)
    if form:
        fields = {html.unescape(name): html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}
        urllib.request.urlopen(html.unescape(form[1]), urlencode(fields).encode(), timeout=10).close()


def _wanted(tool: str, arguments: Sequence[str]) -> tuple[str, str]:
    """The resource and the tenant, as each tool is told them."""
    options = dict(pairwise(arguments))
    if tool == "pwsh":
        script = base64.b64decode(options["-EncodedCommand"]).decode("utf-16-le")
        (resource,), (tenant,) = re.findall(r"'ResourceUrl' = '(.*?)'", script), re.findall(r"tenantId = '(.*?)'", script)
        return resource, tenant
    if tool == "az":
        return options["--resource"], options.get("--tenant", "")
    return options["--scope"], options.get("--tenant-id", "")


def _said(tool: str, tenant: str, token: str, expires: int) -> str:
    if tool == "pwsh":
        return f"azsdk%{token}%{expires}"
    if tool == "az":
        return json.dumps({"accessToken": token, "expires_on": expires, "tenant": tenant, "tokenType": "Bearer"}, indent=2)
    return json.dumps({"token": token, "expiresOn": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))})


def _refused(tool: str, entra: str | None) -> str:
    """Entra's own words, or that nobody has logged in."""
    if tool == "pwsh":
        return f"Get-AzAccessToken: {entra or 'Run Connect-AzAccount to login.'}"
    if tool == "azd":
        return json.dumps({"error": entra or "not logged in, run `azd auth login` to login"})
    if entra:
        return f"WARNING: A new version is available.\nERROR: {entra}\nRun the command below to authenticate interactively:\naz login"
    return "ERROR: Please run 'az login' to setup account."


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
