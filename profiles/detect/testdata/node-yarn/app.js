const express = require("express");
const app = express();
const port = process.env.PORT || 3001;

app.get("/", (req, res) => res.type("html").send(html));

const server = app.listen(port, () => console.log(`listening on port ${port}!`));

server.keepAliveTimeout = 120 * 1000;
