package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Machines that send so many readings each, numbered from 1, and what must be in their journals.
 */
record Plant(int machines, int readings) {

  private static final Instant FIRST = Instant.parse("2025-11-07T15:00:00Z");

  /** Journals that are read at a time. */
  private static final int READERS = 4;

  String machineId(int machine) {
    return "plant-%04d".formatted(machine);
  }

  /** The machine to look at for how far it has come. */
  String sample() {
    return machineId(machines / 2);
  }

  static String reading(int seq) {
    return "{\"timestamp\":\"%s\",\"seq\":%d,\"pressure_bar\":%.2f,\"oil_c\":%d}"
        .formatted(FIRST.plusSeconds(seq), seq, 4 + seq % 17 / 10.0, 60 + seq % 5);
  }

  /** Takes a reading of each machine in turn, then the next of each. */
  interface Sender {
    void send(String machineId, String reading) throws Exception;
  }

  void sendAll(Sender sender) throws Exception {
    send(1, readings, sender);
  }

  /** The readings with these numbers, of all machines. */
  void send(int first, int last, Sender sender) throws Exception {
    for (int seq = first; seq <= last; seq++) {
      String reading = reading(seq);
      for (int machine = 0; machine < machines; machine++) {
        sender.send(machineId(machine), reading);
      }
    }
  }

  /** How far a node has come, by the machine in the middle. */
  long progress(Api api) throws Exception {
    return api.state(sample()).path("reading").path("seq").asLong();
  }

  /** Returns when the last reading of each machine is recorded, and looks at every journal. */
  void isRecordedOnceAndInOrder(ProgramUnderTest node) throws Exception {
    node.orTell(
        () -> {
          isRecordedOnceAndInOrder(node.api());
          return true;
        });
  }

  private void isRecordedOnceAndInOrder(Api api) throws Exception {
    List<Long> all = LongStream.rangeClosed(1, readings).boxed().toList();
    ExecutorService readers = Executors.newFixedThreadPool(READERS);
    try {
      List<Future<Long>> checks = new ArrayList<>();
      for (int machine : IntStream.range(0, machines).toArray()) {
        checks.add(readers.submit((Callable<Long>) () -> check(api, machineId(machine), all)));
      }
      long events = 0;
      for (Future<Long> check : checks) {
        events += check.get();
      }
      System.err.printf(
          "%d journals with %d readings each, in order, in %d events%n",
          machines, readings, events);
    } finally {
      readers.shutdownNow();
    }
    assertThat(api.ok("/api/v1/dead-letters").get("items")).isEmpty();
  }

  private static long check(Api api, String machineId, List<Long> all) throws Exception {
    Eventually.get(
        "the last reading of " + machineId,
        () -> api.state(machineId).path("reading").path("seq").asLong(),
        seq -> seq == all.size());
    List<JsonNode> events = api.events(machineId);
    assertThat(Api.seqs(events)).as(machineId).containsExactlyElementsOf(all);
    return events.size();
  }
}
