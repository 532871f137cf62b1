// app.listen(1) is not what counts
const express = require("express");
const app = express();
app.get("/", (req, res) => res.send("shop"));
app.get("/healthz", (req, res) => res.send("ok"));
const router = express.Router();
router.get("/livez", (req, res) => res.send("behind a prefix"));
app.use("/api", router);
const port = parseInt(process.env.PORT || "3001", 10);
app.listen(port, () => console.log(`listening on ${port}`));
