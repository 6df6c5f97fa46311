package twin.app.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A process that trains, played by a shell. */
final class TrainingProcessTest {

  private static TrainingProcess shell(String script) throws IOException {
    return TrainingProcess.start(
        List.of("sh", "-c", script), Map.of("HEAP", "-Xmx1g"), "{\"a\": 1}", 3);
  }

  @Test
  void getsItsConfigurationAndTellsWhatItFound() throws Exception {
    TrainingProcess process =
        shell(
            "read line; for i in 1 2 3 4 5; do echo step $i >&2; done;"
                + " echo \"{\\\"outcome\\\": \\\"trained\\\", \\\"given\\\": $line,"
                + " \\\"heap\\\": \\\"$HEAP\\\"}\"");
    JsonNode report = process.report(60);
    assertThat(report.path("outcome").asText()).isEqualTo("trained");
    assertThat(report.at("/given/a").asInt()).isEqualTo(1);
    assertThat(report.path("heap").asText()).isEqualTo("-Xmx1g");
    assertThat(process.log()).containsExactly("step 3", "step 4", "step 5");
    assertThat(process.progress()).isBetween(0.1, 0.95);
  }

  @Test
  void saysWhyThereIsNoReport() throws Exception {
    TrainingProcess process = shell("read line; echo no database >&2; exit 1");
    assertThatExceptionOfType(TrainingProcess.FailedException.class)
        .isThrownBy(() -> process.report(60))
        .withMessage("the training ended with status 1: no database");
  }

  @Test
  void isKilledWithWhatItStartedWhenItIsCancelledOrTakesTooLong() throws Exception {
    TrainingProcess cancelled = shell("read line; sleep 300 & echo $! >&2; wait");
    while (cancelled.log().isEmpty()) {
      LockSupport.parkNanos(1_000_000);
    }
    long child = Long.parseLong(cancelled.log().getFirst());
    Optional<ProcessHandle> left = ProcessHandle.of(child);
    assertThat(left).isPresent();
    cancelled.kill();
    assertThatExceptionOfType(TrainingProcess.FailedException.class)
        .isThrownBy(() -> cancelled.report(60));
    left.get().onExit().get(60, TimeUnit.SECONDS);

    TrainingProcess slow = shell("read line; sleep 300");
    assertThatExceptionOfType(TrainingProcess.FailedException.class)
        .isThrownBy(() -> slow.report(1))
        .withMessageContaining("killed after 1 seconds");
  }
}
