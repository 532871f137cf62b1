package com.example;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public final class Server {
    private static final int METRICS_PORT = 9_090;

    public static void main(String[] args) throws Exception {
        String env = System.getenv("PORT");
        int port = env == null ? 8000 : Integer.parseInt(env);
        var metrics = HttpServer.create(new InetSocketAddress("0.0.0.0", METRICS_PORT), 0);
        var server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/healthz", exchange -> exchange.close());
        metrics.start();
        server.start();
    }
}
