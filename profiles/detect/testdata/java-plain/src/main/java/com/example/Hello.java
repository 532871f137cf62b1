package com.example;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public final class Hello {
    private static final int PORT = 8081;

    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.createContext("/", e -> e.sendResponseHeaders(204, -1));
        server.start();
    }
}
