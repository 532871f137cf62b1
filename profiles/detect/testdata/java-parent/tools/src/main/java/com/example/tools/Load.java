package com.example.tools;

public class Load {
    public static void main(String[] args) { }
}
