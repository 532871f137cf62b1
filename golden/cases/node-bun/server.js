// A service of a package that bun installs, and Node runs.
const http = require("node:http");
const ms = require("ms");

http.createServer((req, res) => res.end(`two days are ${ms("2 days")} ms\n`)).listen(3000, () => {
  console.log(`listening on :3000, uid ${process.getuid()}`);
});
