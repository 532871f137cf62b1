// A service whose packages pnpm links from one store.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => c.text("hello from hono\n"));
app.get("/healthz", (c) => c.text("ok\n"));

serve({ fetch: app.fetch, port: 3000 }, (info) => {
  console.log(`listening on :${info.port}, uid ${process.getuid?.()}`);
});
