package com.example;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

// @GetMapping("/healthz") was here
@RestController
public class Home {
    @GetMapping("/")
    public String home() {
        return "hello";
    }
}
