// What tests/emulator/test_other_clients.py runs: Microsoft's client for JavaScript, and what it finds out, as JSON.
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";

const { GRAPH, AUTHORITY, TENANT, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = process.env;

async function getAccessToken() {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: AZURE_CLIENT_ID,
    client_secret: AZURE_CLIENT_SECRET,
    scope: `${GRAPH}/.default`,
  });
  const answer = await fetch(`${AUTHORITY}/${TENANT}/oauth2/v2.0/token`, { method: "POST", body });
  return (await answer.json()).access_token;
}

const client = Client.initWithMiddleware({
  baseUrl: GRAPH,
  authProvider: { getAccessToken },
  customHosts: new Set([new URL(GRAPH).hostname]),
});

async function everything(request) {
  const rows = [];
  const first = await request.get();
  await new PageIterator(client, first, (row) => rows.push(row) > 0).iterate();
  return [rows, first.value.length];
}

async function failure(request) {
  try {
    await request.get();
    return [200, ""];
  } catch (error) {
    return [error.statusCode, error.code];
  }
}

async function batch() {
  const step = (id, path, dependsOn) => ({ id, request: new Request(`${GRAPH}${path}`), dependsOn });
  const content = new BatchRequestContent([
    step("organization", "/organization"),
    step("nobody", "/users/nobody@fjordline.example", ["organization"]),
    step("after", "/organization", ["nobody"]),
  ]);
  const answers = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  return Object.fromEntries([...answers.getResponses()].map(([id, answer]) => [id, answer.status]));
}

const [everybody, size] = await everything(client.api("/users").select("id").top(100));
const [found] = await everything(client.api("/users").filter("startswith(userPrincipalName,'EMERGENCY-')").select("userPrincipalName"));
console.log(
  JSON.stringify({
    everybody: new Set(everybody.map((user) => user.id)).size,
    pages: Math.ceil(everybody.length / size),
    found: found.map((user) => user.userPrincipalName),
    counted: await client.api("/users/$count").header("ConsistencyLevel", "eventual").get(),
    refused: await failure(client.api("/users/nobody@fjordline.example")),
    invalid: await failure(client.api("/users").filter("accountEnabled ne true")),
    batched: await batch(),
  }),
);
