// An HTTP service that shows what its image holds: a dependency, Node's own trust store,
// and a time zone.
import tls from "node:tls";
import express from "express";

const app = express();

app.get("/", (req, res) => {
  const noon = new Date("2026-07-01T12:00:00Z").toLocaleString("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  res.send(`noon UTC is ${noon}, trusted roots: ${tls.rootCertificates.length > 0 ? "yes" : "no"}, ${process.env.NODE_ENV}\n`);
});

app.get("/healthz", (req, res) => {
  res.send("ok\n");
});

const port = process.env.PORT || 3000;
app.listen(port, () => {
  console.log(`listening on :${port}, uid ${process.getuid()}, process ${process.pid}`);
});
