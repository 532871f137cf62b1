// A service that is compiled, and handles no signal itself: what starts it has to.
import tls from "node:tls";
import Fastify from "fastify";

const app = Fastify();
const port = Number(process.env.PORT ?? 8080);

app.get("/", async () => {
  const noon = new Date("2026-07-01T12:00:00Z").toLocaleString("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  return { noon, trusted: tls.rootCertificates.length > 0, node: process.version.split(".")[0] };
});

app.get("/healthz", async () => "ok");

await app.listen({ port, host: "0.0.0.0" });
console.log(`listening on :${port}, uid ${process.getuid?.()}`);
