package twin.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When seals are made. */
final class SealerTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Evidence EVIDENCE = new Evidence();
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "sealer",
          ConfigFactory.parseString(
                  "pekko.actor.provider = local, pekko.coordinated-shutdown.exit-jvm = off")
              .withFallback(ManualTime.config())
              .withFallback(EVIDENCE.config()));
  private static final ManualTime TIME = ManualTime.get(KIT.system());

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    EVIDENCE.close();
  }

  private static List<String> lines(AuditSettings settings) {
    Path seals = settings.folder().resolve("seals.ndjson");
    try {
      return Files.exists(seals) ? Files.readAllLines(seals) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets time pass until there are so many seals. */
  private static void sealedAfter(AuditSettings settings, Duration step, int count) {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              TIME.timePasses(step);
              assertThat(lines(settings)).hasSizeGreaterThanOrEqualTo(count);
              return true;
            });
  }

  @Test
  void sealsAgainAndAgainAndAfterAFailureToo(@TempDir Path folder)
      throws SQLException, IOException {
    EVIDENCE.write("press-7", Evidence.press("press-7", 3, 5).journal());
    AuditSettings settings = EVIDENCE.settings(folder);
    // Where the folder should be is a file.
    Path inTheWay = settings.folder();
    Files.createDirectories(inTheWay.resolveSibling(""));
    Files.writeString(inTheWay, "");
    var sealer = KIT.spawn(Sealer.create(EVIDENCE.sealing(settings, null), HOUR, settings));
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              TIME.timePasses(settings.firstSealAfter());
              assertThat(settings.privateKey()).exists();
              return true;
            });
    Files.delete(inTheWay);
    sealedAfter(settings, settings.retryAfter(), 1);
    sealedAfter(settings, HOUR, 3);
    KIT.stop(sealer);
    // A seal that was begun may still be on its way to the file.
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertThat(EVIDENCE.verify(settings).whole()).isTrue();
              return true;
            });
  }
}
