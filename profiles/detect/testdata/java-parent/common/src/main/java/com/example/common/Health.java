package com.example.common;

@RestController
public class Health {
    @GetMapping("/healthz")
    public String ok() { return "ok"; }
}
