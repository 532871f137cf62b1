package com.example.greeting;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.security.KeyStore;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A web service that says what its image holds: the outgoing TLS trust store, a time zone, and how much memory it may take. */
@SpringBootApplication
@RestController
public class GreetingApplication {
    public static void main(String[] args) {
        SpringApplication.run(GreetingApplication.class, args);
    }

    @GetMapping("/")
    String greet() throws Exception {
        ZonedDateTime noon = ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC"));
        String berlin = noon.withZoneSameInstant(ZoneId.of("Europe/Berlin")).format(DateTimeFormatter.ofPattern("HH:mm z", Locale.ENGLISH));
        return "noon UTC is " + berlin + ", trusted roots: " + (roots() > 0 ? "yes" : "no") + ", heap: " + heap() + "% of the memory\n";
    }

    private static long roots() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return Arrays.stream(factory.getTrustManagers()).mapToLong(m -> ((X509TrustManager) m).getAcceptedIssuers().length).sum();
    }

    private static int heap() {
        var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        return (int) Double.parseDouble(options.getVMOption("MaxRAMPercentage").getValue());
    }
}
