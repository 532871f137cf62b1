const http = require("http");
const PORT = 7000;
const server = http.createServer((req, res) => {
  if (req.url === "/health") return res.end("ok");
  res.end("hello");
});
server.listen({ host: "0.0.0.0", port: PORT });
