package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.simulator.MqttTarget;
import twin.simulator.Replay;
import twin.simulator.ReplayReport;
import twin.simulator.ReplaySettings;

/** The whole program killed while readings pour in. */
@Tag("full")
@Timeout(420)
final class KilledDuringReplayTest {

  private static final int MACHINES = 10;
  private static final int ROWS_A_MACHINE = 800;
  private static final String FIRST_HASH = "0".repeat(64);

  /** Rows that must be in the journal before the kill, of the first machine. */
  private static final long RECORDED_BEFORE_KILL = 50;

  private final Path directory;

  KilledDuringReplayTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void everyRowIsInTheJournalOnceAfterAKillAndASecondReplay() throws Exception {
    RecordedFile file =
        RecordedFile.write(directory.resolve("recorded.csv"), MACHINES, ROWS_A_MACHINE, 2020);
    Path data = directory.resolve("data");
    // Closed last: until then the PostgreSQL that survived its program is there to be dealt with.
    try (ProgramUnderTest killed = ProgramUnderTest.demo(data, "--no-simulator")) {
      long rows = killInTheMiddle(killed, file);
      System.err.printf("killed with %d of %d rows in the journal%n", rows, file.rows());
      assertThat(ProcessHandle.of(killed.postgresPid())).as("it survives").isPresent();

      try (ProgramUnderTest program = ProgramUnderTest.demo(data, "--no-simulator")) {
        ReplayReport report =
            Replay.run(
                ReplaySettings.of(file.path(), 0), MqttTarget.of(program.mqtt()), status -> {});
        assertThat(report.rows()).isEqualTo(file.rows());
        assertThat(report.machines()).isEqualTo(MACHINES);
        hasEveryRowOnce(program.api(), file);
      }
    }
  }

  private static void hasEveryRowOnce(Api api, RecordedFile file) throws Exception {
    for (RecordedFile.Stretch stretch : file.stretches()) {
      Eventually.get(
          "the last row of " + stretch.machineId(),
          () -> api.state(stretch.machineId()).path("reading").path("seq").asLong(),
          seq -> seq == stretch.lastUdi());
      List<JsonNode> events = api.events(stretch.machineId());
      List<Long> rows =
          LongStream.rangeClosed(stretch.firstUdi(), stretch.lastUdi()).boxed().toList();
      assertThat(Api.seqs(events))
          .as(stretch.machineId())
          .containsExactlyInAnyOrderElementsOf(rows);
      // The order is the broker's to keep; where it did not, the reading is marked as late.
      System.err.printf("order of %s:%s%n", stretch.machineId(), runs(events));
      isOneChain(events);
    }
    assertThat(api.ok("/api/v1/dead-letters").get("items")).isEmpty();
  }

  /** Kills the program when it has some of the rows, and tells how many it had by then. */
  private static long killInTheMiddle(ProgramUnderTest program, RecordedFile file)
      throws Exception {
    ExecutorService replaying = Executors.newVirtualThreadPerTaskExecutor();
    try {
      MqttTarget target = MqttTarget.of(program.mqtt());
      Future<ReplayReport> replay =
          replaying.submit(
              () -> Replay.run(ReplaySettings.of(file.path(), 60_000), target, status -> {}));
      Api api = program.api();
      String second = file.stretches().get(1).machineId();
      Eventually.get(
          "rows of " + second,
          () -> api.state(second).path("revision").asLong(),
          revision -> revision > RECORDED_BEFORE_KILL);
      long rows = 0;
      for (RecordedFile.Stretch stretch : file.stretches()) {
        if (api.state(stretch.machineId()).has("reading")) {
          rows += api.recordedSeqs(stretch.machineId()).size();
        }
      }
      program.kill();
      assertThat(replay.isDone()).as("killed in the middle, not after it").isFalse();
      assertThat(rows).isBetween(1L, file.rows() - 1);
      replay.cancel(true);
      return rows;
    } finally {
      replaying.shutdownNow();
    }
  }

  private static void isOneChain(List<JsonNode> events) {
    List<String> before = new ArrayList<>(List.of(FIRST_HASH));
    List<String> named = new ArrayList<>();
    List<Long> revisions = new ArrayList<>();
    for (JsonNode event : events) {
      named.add(event.get("previous_hash").asText());
      before.add(event.get("hash").asText());
      revisions.add(event.get("revision").asLong());
    }
    assertThat(named).isEqualTo(before.subList(0, events.size()));
    assertThat(before).doesNotHaveDuplicates();
    assertThat(revisions)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, events.size()).boxed().toList());
  }

  /**
   * Where the order breaks: rows that follow each other, when they were recorded and from where.
   */
  private static String runs(List<JsonNode> events) {
    StringBuilder runs = new StringBuilder();
    long last = Long.MIN_VALUE;
    for (JsonNode event : events) {
      for (JsonNode reading : event.path("body").path("readings")) {
        long seq = reading.get("seq").asLong();
        if (seq != last + 1) {
          runs.append(
              "%n  from %d on: revision %s, index %s, at %s, %s, %s"
                  .formatted(
                      seq,
                      reading.get("revision"),
                      reading.get("index"),
                      event.get("recorded_at"),
                      event.get("cause"),
                      reading.path("placement")));
        }
        last = seq;
      }
    }
    return runs.toString();
  }
}
