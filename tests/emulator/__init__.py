"""A small Microsoft Graph with its sign-in, on loopback over HTTPS, that answers from a snapshot.

What stands between the project and a real tenant (msgraph-sdk, azure-identity, TLS, tokens, paging, throttling) is run as it
is; only the far end is this. Run it by hand with `python -m tests.emulator --snapshot PATH`, or in a test:

    with running(snapshot, deny={"policies/": 403}) as emulator:
        ...  # emulator.graph, .authority, .ca_file, .tenant_id, .environment, .requests
"""

from .behaviour import CLIENT_ID, CLIENT_SECRET, Behaviour, Seen
from .server import Emulator, running

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Behaviour", "Emulator", "Seen", "running"]
