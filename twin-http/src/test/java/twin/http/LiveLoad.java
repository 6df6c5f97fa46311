package twin.http;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import twin.core.machine.TwinChanged;

/**
 * What many live streams cost, by hand: {@code LiveLoad CLIENTS MACHINES SECONDS [QUERY]}. As many
 * states a second happen as there are machines. Prints what was delivered, and what the process
 * (listeners and all) used.
 */
final class LiveLoad {

  private LiveLoad() {}

  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[0]);
    int machines = Integer.parseInt(arguments[1]);
    int seconds = Integer.parseInt(arguments[2]);
    String query = arguments.length > 3 ? arguments[3] : "";
    List<TwinChanged> changes = new ArrayList<>();
    try (TestServer server = TestServer.start();
        StreamClients clients = new StreamClients(true)) {
      server.live.subscribe(
          changed -> {
            if (changes.size() < machines) {
              changes.add(changed);
            }
          });
      for (int machine = 0; machine < machines; machine++) {
        server.milling("machine-" + machine, 1, 40, 5);
      }
      report("before", clients, 0);
      for (int i = 0; i < count; i++) {
        clients.open(server.address(), query.replace("{}", Integer.toString(i)));
      }
      clients.start();
      while (clients.count(client -> client.heartbeats() > 0) < count) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
      report("connected", clients, 0);
      long begin = System.nanoTime();
      for (int second = 0; second < seconds; second++) {
        for (int tenth = 0; tenth < 10; tenth++) {
          for (int i = tenth * machines / 10; i < (tenth + 1) * machines / 10; i++) {
            server.live.accept(changes.get(i));
          }
          long due = begin + TimeUnit.MILLISECONDS.toNanos(second * 1000L + tenth * 100L + 100);
          LockSupport.parkNanos(due - System.nanoTime());
        }
        report("second " + (second + 1), clients, System.nanoTime() - begin);
      }
    }
  }

  private static void report(String when, StreamClients clients, long nanos) throws IOException {
    if (nanos == 0) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    System.out.printf(
        "%s: states %d, dropped %d, least of a client %d, MiB %d, heap MiB %d, CPU s %.1f, took s"
            + " %.1f%n",
        when,
        clients.all().stream().mapToLong(StreamClients.Client::states).sum(),
        clients.all().stream().mapToLong(StreamClients.Client::dropped).sum(),
        clients.all().stream().mapToLong(StreamClients.Client::states).min().orElse(0),
        clients.bytes() >> 20,
        (runtime.totalMemory() - runtime.freeMemory()) >> 20,
        system.getProcessCpuTime() / 1e9,
        nanos / 1e9);
  }
}
