package com.example;

public class Lib { }
