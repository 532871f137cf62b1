package com.example.api;

import io.javalin.Javalin;

public class Main {
    public static void main(String[] args) {
        Javalin.create().get("/health", ctx -> ctx.result("ok")).get("/", ctx -> ctx.result("hello")).start(7070);
    }
}
