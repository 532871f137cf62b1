// A service of two packages with native code: one carries its binaries in its own package,
// the other brings them as optional dependencies.
const http = require("node:http");
const bcrypt = require("bcrypt");
const sharp = require("sharp");

const server = http.createServer(async (req, res) => {
  const matches = await bcrypt.compare("secret", await bcrypt.hash("secret", 4));
  const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: "red" } }).png().toBuffer();
  const { width, height, format } = await sharp(png).metadata();
  res.end(`hash matches: ${matches}, ${format} of ${width}x${height}\n`);
});

process.on("SIGTERM", () => server.close(() => process.exit(0)));

server.listen(3000, () => console.log(`listening on :3000, uid ${process.getuid()}, ${process.arch}`));
