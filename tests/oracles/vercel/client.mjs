// Calls the vendor's library, one call a line, and says what came over the line and what the library made of it.

import { createInterface } from "node:readline";
import { Vercel } from "@vercel/sdk";
import { HTTPClient } from "@vercel/sdk/lib/http.js";

const { url, token } = JSON.parse(process.argv[2]);
let heard;
const httpClient = new HTTPClient({
  fetcher: async (request) => {
    const response = await fetch(request);
    const text = await response.clone().text();
    heard = { status: response.status, raw: parse(text) };
    return response;
  },
});
const vercel = new Vercel({ serverURL: url, bearerToken: token, httpClient });

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, arguments: given } = JSON.parse(line);
  const [group, name] = call.split(".");
  heard = {};
  let made;
  try {
    made = { parsed: (await vercel[group][name](given, { retries: { strategy: "none" } })) ?? null };
  } catch (error) {
    made = { error: `${error.name}: ${error.message}`, statusCode: error.statusCode ?? null };
  }
  process.stdout.write(JSON.stringify({ ...heard, ...made }) + "\n");
}
