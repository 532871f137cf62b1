package com.example.server;

import com.example.words.Words;
import com.google.gson.Gson;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** An HTTP service that says what its image holds: a library, the outgoing TLS trust store, a time zone and a shell. */
public final class Server {
    public static void main(String[] args) throws Exception {
        byte[] answer = answer();
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        System.out.println("listening on :8080, uid " + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private static byte[] answer() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        int roots = ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
        ZonedDateTime noon = ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC"));
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("words", Words.greeting());
        said.put("berlin", noon.withZoneSameInstant(ZoneId.of("Europe/Berlin")).getHour());
        said.put("roots", roots > 0);
        said.put("shell", Files.isExecutable(Path.of("/bin/sh")));
        return new Gson().toJson(said).getBytes(StandardCharsets.UTF_8);
    }
}
