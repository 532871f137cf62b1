import http from "node:http";
http.createServer().listen(process.env.PORT, "127.0.0.1");
