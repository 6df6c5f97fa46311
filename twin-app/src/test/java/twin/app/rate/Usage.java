package twin.app.rate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Who has used how much processor time up to now, in nanoseconds. Linux only: the database's share
 * and that of the rest of the machine come from {@code /proc}.
 *
 * @param atNanos when it was taken
 * @param threads of each thread of this process, by id and group
 * @param process of this process as a whole, with the JVM's own threads
 * @param postgres of the server and its backends
 * @param machine of everything that runs on this machine
 */
record Usage(long atNanos, Map<Long, OfThread> threads, long process, long postgres, long machine) {

  /** What is neither a Java thread nor a process of the database. */
  static final String JVM = "JVM: garbage collector, compiler";

  static final String POSTGRES = "PostgreSQL";

  private static final long TICK_NANOS = 10_000_000;

  /** Of the thread names, as they begin, and what a reader knows them by. */
  private static final List<Map.Entry<String, String>> GROUPS =
      List.of(
          Map.entry("twin-twin.machine-dispatcher", "twins: decide, apply, encode"),
          Map.entry("twin-pekko.actor.default-dispatcher", "default dispatcher: streams, plugin"),
          Map.entry("twin-pekko.actor.internal-dispatcher", "internal dispatcher: sharding"),
          Map.entry("twin-pekko.projection", "projections"),
          Map.entry("twin-pekko.persistence", "persistence dispatchers"),
          Map.entry("pekko-persistence-jdbc", "journal: JDBC"),
          Map.entry("slick", "journal: JDBC"),
          Map.entry("journal", "journal: JDBC"),
          Map.entry("publisher", "publisher of this program"),
          Map.entry("com.hivemq", "MQTT client: netty"),
          Map.entry("RxComputation", "MQTT client: Rx"),
          Map.entry("activemq", "MQTT broker"),
          Map.entry("Thread- (Active", "MQTT broker"),
          Map.entry("Thread- (active", "MQTT broker"));

  record OfThread(String group, long nanos) {}

  static Usage now(Path postgresPidFile) {
    ThreadMXBean bean = ManagementFactory.getThreadMXBean();
    Map<Long, OfThread> threads = new HashMap<>();
    for (ThreadInfo thread : bean.getThreadInfo(bean.getAllThreadIds())) {
      // A thread that has ended since it was listed.
      if (thread != null) {
        long nanos = bean.getThreadCpuTime(thread.getThreadId());
        threads.put(
            thread.getThreadId(), new OfThread(group(thread.getThreadName()), Math.max(0, nanos)));
      }
    }
    long process =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
            .getProcessCpuTime();
    try {
      return new Usage(
          System.nanoTime(), threads, process, ofPostgres(postgresPidFile), ofMachine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String group(String threadName) {
    String name = threadName.replaceAll("[0-9]+", "");
    return GROUPS.stream()
        .filter(known -> name.startsWith(known.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(name);
  }

  /** What each group has used since an earlier moment. Threads that have ended count to the JVM. */
  Map<String, Long> since(Usage before) {
    Map<String, Long> used = new TreeMap<>();
    long inThreads = 0;
    for (Map.Entry<Long, OfThread> thread : threads.entrySet()) {
      OfThread earlier = before.threads.get(thread.getKey());
      long nanos = thread.getValue().nanos() - (earlier == null ? 0 : earlier.nanos());
      used.merge(thread.getValue().group(), nanos, Long::sum);
      inThreads += nanos;
    }
    used.put(JVM, Math.max(0, process - before.process - inThreads));
    used.put(POSTGRES, postgres - before.postgres);
    return used;
  }

  /** Processors that others than this program and its database have kept busy. */
  double coresOfOthersSince(Usage before) {
    long others =
        machine - before.machine - (process - before.process) - (postgres - before.postgres);
    return Math.max(0.0, (double) others / (atNanos - before.atNanos));
  }

  private static long ofPostgres(Path pidFile) throws IOException {
    String server = Files.readAllLines(pidFile).getFirst().strip();
    long ticks = 0;
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path process : processes.filter(path -> isNumber(path.getFileName())).toList()) {
        String[] fields = stat(process);
        // After pid and name: state, parent, and from the twelfth on user and system time.
        if (fields.length > 12 && (fields[1].equals(server) || process.endsWith(Path.of(server)))) {
          ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
      }
    }
    return ticks * TICK_NANOS;
  }

  private static boolean isNumber(Path name) {
    return name.toString().chars().allMatch(Character::isDigit);
  }

  private static String[] stat(Path process) throws IOException {
    try {
      String line = Files.readString(process.resolve("stat"));
      return line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
    } catch (NoSuchFileException e) {
      return new String[0];
    } catch (IOException e) {
      if (Files.exists(process)) {
        throw e;
      }
      return new String[0];
    }
  }

  private static long ofMachine() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1);
    // user, nice, system; then idle and iowait, which are no work; irq, softirq.
    long ticks = 0;
    for (int field : new int[] {1, 2, 3, 6, 7}) {
      ticks += Long.parseLong(fields[field]);
    }
    return ticks * TICK_NANOS;
  }
}
