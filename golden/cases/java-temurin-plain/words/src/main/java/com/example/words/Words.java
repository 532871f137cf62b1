package com.example.words;

/** What the server says, in a module of its own. */
public final class Words {
    private Words() {}

    public static String greeting() {
        return "hello";
    }
}
