// A service of a package that yarn 4 installs, without those for development.
const fs = require("node:fs");
const Koa = require("koa");

const app = new Koa();
app.use((ctx) => {
  ctx.body = `koa on Node ${process.version.split(".")[0]}, prettier: ${fs.existsSync("node_modules/prettier")}\n`;
});
app.listen(3000, () => console.log(`listening on :3000, uid ${process.getuid()}`));
