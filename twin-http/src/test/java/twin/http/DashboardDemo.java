package twin.http;

import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Serves the dashboard with a dozen made-up machines, for looking at the page: run it from an IDE
 * and open the printed address. Nothing else uses it.
 */
final class DashboardDemo {

  private static final int HISTORY_READINGS = 600;

  private final TestServer server;
  private final Random random = new Random(7);
  private final double[] wear = new double[13];
  private long seq;

  private DashboardDemo(TestServer server) {
    this.server = server;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // It runs until somebody stops the program.
  public static void main(String[] arguments) {
    String port = arguments.length > 0 ? arguments[0] : "8080";
    TestServer server = TestServer.start("twin.http.port = " + port);
    DashboardDemo demo = new DashboardDemo(server);
    Instant now = Instant.now();
    for (int i = HISTORY_READINGS; i > 0; i--) {
      demo.round(now.minusSeconds(i));
    }
    System.out.println("ready " + server.uri("/"));
    Executors.newSingleThreadScheduledExecutor()
        .scheduleAtFixedRate(() -> demo.round(Instant.now()), 0, 1, TimeUnit.SECONDS);
  }

  private void round(Instant at) {
    server.clock.set(at);
    seq++;
    for (int i = 1; i <= 12; i++) {
      if (i == 9 && seq > HISTORY_READINGS / 3) {
        continue;
      }
      String id = "machine-%03d".formatted(i);
      wear[i] = wear[i] + 0.02 * i;
      if (wear[i] > 170) {
        wear[i] = 0;
      }
      boolean strained = i == 4 && seq > HISTORY_READINGS - 120;
      double torque = 40 + 4 * Math.sin(seq / 30.0 + i) + random.nextGaussian() * 2;
      server.record(
          id,
          at.plusMillis(i),
          seq,
          Map.of(
              "air_temp_k", 299 + Math.sin(seq / 90.0) + random.nextGaussian() * 0.1,
              "process_temp_k", 309.4 + Math.sin(seq / 90.0) + random.nextGaussian() * 0.1,
              "rpm", 1500 + random.nextGaussian() * 25,
              "torque_nm", strained ? torque + 22 : torque,
              "tool_wear_min", strained ? 200 + (seq % 10) : wear[i]),
          Map.of("variant", "M"));
    }
    if (seq > HISTORY_READINGS - 60) {
      server.record(
          "press-7",
          at.plusMillis(20),
          seq,
          Map.of(
              "ram_force_kn", 310 + random.nextGaussian(), "oil_bar", 142 + random.nextGaussian()),
          Map.of());
    }
  }
}
