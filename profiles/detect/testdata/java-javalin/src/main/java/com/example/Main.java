package com.example;

import io.javalin.Javalin;

public class Main {
    public static void main(String[] args) {
        // Javalin.create().start(1);
        var app = Javalin.create();
        app.get("/notes/{id}", ctx -> ctx.result("one"));
        app.get("/health", ctx -> ctx.result("ok"));
        app.post("/notes", ctx -> ctx.status(201));
        app.start(assignedPort());
    }

    private static int assignedPort() {
        String given = System.getenv("PORT");
        if (given != null) {
            return Integer.parseInt(given);
        }
        return 7070;
    }
}
