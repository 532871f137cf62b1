import Koa from "koa";

const app = new Koa();
const port: number = Number(process.env.PORT ?? 4100);
app.listen(port, "0.0.0.0");
