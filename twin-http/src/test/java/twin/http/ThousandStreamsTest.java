package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import twin.core.machine.MachineState;

/** With the settings as they come, a thousand listen to one node at a time. */
@Tag("full")
@Timeout(300)
final class ThousandStreamsTest {

  private static final int CLIENTS = 1000;
  private static final int MACHINES = 200;
  private static final int ROUNDS = 12;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void eachHearsOfTheNewestOfEveryMachineAndOfEveryAlert() throws Exception {
    try (TestServer server = TestServer.start("twin.http.drain-timeout = 100ms");
        StreamClients clients = new StreamClients()) {
      StreamClients.Client ofOne = clients.open(server.address(), "?machine=machine-7");
      while (clients.all().size() < CLIENTS) {
        clients.open(server.address(), "");
      }
      clients.start();
      await(() -> clients.count(client -> client.heartbeats() > 0) == CLIENTS);
      assertThat(server.get("/api/v1/system/info").status())
          .as("there is room for who asks beside them")
          .isEqualTo(200);

      Map<String, Long> revisions = new TreeMap<>();
      server.live.subscribe(
          changed -> {
            MachineState state = changed.state();
            synchronized (revisions) {
              revisions.merge(state.machineId(), state.revision(), Math::max);
            }
          });
      for (int round = 1; round <= ROUNDS; round++) {
        server.clock.set(server.clock.instant().plusSeconds(1));
        for (int machine = 0; machine < MACHINES; machine++) {
          boolean bad = machine == 7;
          server.milling("machine-" + machine, round, bad ? 77 : 40, bad ? 205 : 5);
        }
      }
      int alerts = server.trail.steps().size();
      assertThat(alerts).isPositive();
      assertThat(revisions).hasSize(MACHINES);
      await(
          () ->
              clients.count(client -> client != ofOne && client.newest().equals(revisions))
                      == CLIENTS - 1
                  && clients.count(client -> client.alerts() == alerts) == CLIENTS);
      assertThat(ofOne.newest()).isEqualTo(Map.of("machine-7", revisions.get("machine-7")));
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < deadlineNanos) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }
}
