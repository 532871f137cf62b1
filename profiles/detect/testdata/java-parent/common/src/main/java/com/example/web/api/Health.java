package com.example.web.api;

@RestController
public class Health {
    @GetMapping("/health")
    public String ok() { return "ok"; }
}
