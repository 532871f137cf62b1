package com.example;

public class B {
    public static void main(String[] args) { }
}
