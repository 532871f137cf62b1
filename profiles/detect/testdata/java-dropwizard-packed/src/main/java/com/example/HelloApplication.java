package com.example;

public class HelloApplication extends Application<HelloConfiguration> {
    public static void main(String[] args) throws Exception {
        new HelloApplication().run(args);
    }

    public void initialize(Bootstrap<HelloConfiguration> b) {
        b.setConfigurationSourceProvider(new ResourceConfigurationSourceProvider());
    }
}
