// Scans hosts with the Observatory's own engine: its requests over real sockets, its tests, its scoring.
//
// stdin: {"addresses": {"shop.test:443": "127.0.0.1:41001"}, "preloaded": {"app": true}, "hosts": ["shop.test"]}
// stdout: one line of JSON a host: {"host", "score", "grade", "results"}, or {"host", "refused"} when it gives no grade
//
// Two things are done for it. Names lead to the addresses that are given. And its test of CORS is shown the Origin that
// it sent: it looks for it where Node does not keep it, so that by itself it never sees that an origin is echoed.
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import path from "node:path";

const { addresses, preloaded, hosts } = JSON.parse(fs.readFileSync(0, "utf8"));
const NOWHERE = "127.0.0.1:1"; // nothing listens there
const AT_ONCE = 4;

for (const [scheme, standard] of [[http, 80], [https, 443]]) {
  const connect = scheme.Agent.prototype.createConnection;
  scheme.Agent.prototype.createConnection = function (options, callback) {
    const name = options.host;
    const [host, port] = (addresses[`${name}:${options.port || standard}`] || NOWHERE).split(":");
    return connect.call(this, { ...options, host, port: Number(port), servername: name }, callback);
  };
}
Object.defineProperty(http.ClientRequest.prototype, "headers", { get() { return this.getHeaders(); } });

const engine = path.dirname(createRequire(import.meta.url).resolve("@mdn/mdn-http-observatory/package.json"));
// what its postinstall script would fetch, as far as these hosts need it
const list = Object.entries(preloaded).map(([name, includeSubDomains]) => [name, { mode: "force-https", includeSubDomains }]);
fs.writeFileSync(path.join(engine, "conf", "hsts-preload.json"), JSON.stringify(Object.fromEntries(list)));

const { scan } = await import(path.join(engine, "src", "scanner", "index.js"));

async function told(host) {
  try {
    const { scan: { algorithmVersion, score, grade }, tests } = await scan(host);
    const results = Object.fromEntries(Object.entries(tests).map(([name, { result }]) => [name, result]));
    return { host, version: algorithmVersion, score, grade, results };
  } catch (error) {
    return { host, refused: error.message };
  }
}

while (hosts.length) {
  for (const line of await Promise.all(hosts.splice(0, AT_ONCE).map(told))) console.log(JSON.stringify(line));
}
process.exit(0); // its HTTP library keeps connections open
