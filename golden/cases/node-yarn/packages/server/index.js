// A service that yarn 1 links to another package of the same repository.
const http = require("node:http");
const greet = require("greeter");

http.createServer((req, res) => res.end(greet("workspaces") + "\n")).listen(3000, () => {
  console.log(`listening on :3000, uid ${process.getuid()}, Node ${process.version.split(".")[0]}`);
});
