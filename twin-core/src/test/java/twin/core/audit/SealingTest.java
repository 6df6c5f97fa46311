package twin.core.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.machine.JournalEntry;

/** Seals as they are made, kept and published. */
final class SealingTest {

  private static final Evidence EVIDENCE = new Evidence();
  private static final List<JournalEntry> PRESS = Evidence.press("press-7", 3, 40).journal();

  @TempDir private Path folder;
  private AuditSettings settings = EVIDENCE.settings(Path.of("."));

  @AfterAll
  static void close() {
    EVIDENCE.close();
  }

  @BeforeEach
  void record() throws SQLException {
    settings = EVIDENCE.settings(folder);
    EVIDENCE.now = Instant.parse("2025-11-08T00:00:00Z");
    EVIDENCE.clear();
    EVIDENCE.write("press-7", PRESS.subList(0, 20));
  }

  private AuditSettings with(String setting) {
    return AuditSettings.from(
        ConfigFactory.parseString(setting).withFallback(EVIDENCE.config()), folder::resolve);
  }

  private Path kept(String name) {
    return folder.resolve("data/audit/seals").resolve(name);
  }

  @Test
  void eachNamesTheOneBeforeIt() throws SQLException, IOException {
    Seal first = EVIDENCE.seal(settings);
    assertThat(first.number()).isEqualTo(1);
    assertThat(first.previous()).isEqualTo("0".repeat(64));
    assertThat(first.machines()).isEqualTo(1);
    EVIDENCE.append("press-7", PRESS, 20);
    EVIDENCE.write("a-first", Evidence.press("a-first", 4, 5).journal());
    Seal second = EVIDENCE.seal(settings);
    assertThat(second.number()).isEqualTo(2);
    assertThat(second.log()).isEqualTo(first.log());
    assertThat(second.previous()).isEqualTo(first.hash());
    assertThat(second.machines()).isEqualTo(2);
    assertThat(second.sealedAt()).isEqualTo(EVIDENCE.now);
    assertThat(EVIDENCE.sealing(settings, null).newest()).contains(EVIDENCE.now);
    assertThat(Files.readAllLines(kept("seals.ndjson")))
        .containsExactly(first.json(), second.json());
    try (HeadsFile.Reader heads =
        new HeadsFile.Reader(kept("heads").resolve(SealFolder.headsOf(second)))) {
      assertThat(heads.next()).extracting(Head::machineId).isEqualTo("a-first");
      assertThat(heads.next()).isEqualTo(new Head("press-7", PRESS.size(), PRESS.getLast().hash()));
      assertThat(heads.next()).isNull();
    }
  }

  @Test
  void anAnonymousPlantIsSealedToo() throws SQLException {
    EVIDENCE.clear();
    assertThat(EVIDENCE.seal(settings).machines()).isZero();
    assertThat(EVIDENCE.verify(settings).whole()).isTrue();
  }

  @Test
  void theKeyIsForItsOwnerAlone() throws IOException {
    EVIDENCE.seal(settings);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(settings.privateKey())))
        .isEqualTo("rw-------");
    assertThat(settings.privateKey().startsWith(settings.folder())).isFalse();
    VerifyingKey kept =
        VerifyingKey.read(
            kept("keys")
                .resolve(SealKey.openOrMake(settings.privateKey()).verifying().id() + ".pem"));
    assertThat(kept.hasSigned(EVIDENCE.seal(settings))).isTrue();
  }

  /** The first key of RFC 8032, section 7.1, as OpenSSL would write it. */
  @Test
  void aKeyMadeElsewhereWillDo() throws IOException {
    Path file = folder.resolve("key.pem");
    byte[] encoded =
        HexFormat.of()
            .parseHex(
                "302e020100300506032b657004220420"
                    + "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    Files.writeString(file, VerifyingKey.pem(encoded, "PRIVATE KEY"));
    assertThat(SealKey.openOrMake(file).verifying().pem())
        .isEqualTo(
            VerifyingKey.pem(
                HexFormat.of()
                    .parseHex(
                        "302a300506032b6570032100"
                            + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
                "PUBLIC KEY"));
    Files.writeString(file, "no key");
    assertThatThrownBy(() -> SealKey.openOrMake(file))
        .isInstanceOf(AuditException.class)
        .hasMessageContaining("twin.audit.private-key");
  }

  @Test
  void onlyTheNewestHeadsAreKept() throws IOException {
    AuditSettings two = with("twin.audit.heads-max = 2");
    for (int i = 0; i < 5; i++) {
      EVIDENCE.seal(two);
    }
    try (Stream<Path> files = Files.list(kept("heads"))) {
      assertThat(files.map(file -> file.getFileName().toString().replaceAll(".*-0*", "")))
          .containsExactlyInAnyOrder("4.gz", "5.gz");
    }
    Verification.Report report = EVIDENCE.verify(two);
    assertThat(report.whole()).isTrue();
    assertThat(report.seals()).isEqualTo(5);
    assertThat(report.notes()).singleElement().asString().contains("3 seals are without");
  }

  @Test
  void headsGrowOldToo() throws IOException {
    EVIDENCE.seal(settings);
    // Files have the time of the real clock.
    EVIDENCE.now = Instant.now().plus(Duration.ofDays(40));
    EVIDENCE.seal(settings);
    try (Stream<Path> files = Files.list(kept("heads"))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void whatACrashLeftHalfwayIsMended() throws IOException {
    EVIDENCE.seal(settings);
    Seal second = EVIDENCE.seal(settings);
    // Between the seal and the name of its heads.
    Path heads = kept("heads").resolve(SealFolder.headsOf(second));
    Files.move(heads, heads.resolveSibling(heads.getFileName() + ".unfinished"));
    // And in the middle of the next.
    Files.writeString(kept("seals.ndjson"), "{\"log\":\"", StandardOpenOption.APPEND);
    Seal third = EVIDENCE.seal(settings);
    assertThat(third.number()).isEqualTo(3);
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.findings()).isEmpty();
    assertThat(report.seals()).isEqualTo(3);
    assertThat(report.notes()).isEmpty();
  }

  @Test
  void whatCouldNotBePublishedIsPublishedLater() {
    List<Long> published = new ArrayList<>();
    boolean[] away = {true};
    SealOutlet outlet =
        seal -> {
          if (away[0]) {
            return CompletableFuture.failedStage(new IllegalStateException("the broker is away"));
          }
          published.add(seal.number());
          return CompletableFuture.completedStage(Done.getInstance());
        };
    EVIDENCE.sealing(settings, outlet).seal();
    EVIDENCE.sealing(settings, outlet).seal();
    assertThat(published).isEmpty();
    away[0] = false;
    EVIDENCE.sealing(settings, outlet).seal();
    assertThat(published).containsExactly(1L, 2L, 3L);
    EVIDENCE.sealing(settings, outlet).seal();
    assertThat(published).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void manyMachinesAreSealedPageByPageInTheOrderOfTheirIds() throws SQLException, IOException {
    List<String> ids = List.of("B", "a", "A-1", "A.1", "A_1", "b-10", "b-9", "Z");
    for (String id : ids) {
      EVIDENCE.write(id, Evidence.press(id, 1, 3).journal());
    }
    AuditSettings small = with("twin.audit.page = 2");
    Seal seal = EVIDENCE.seal(small);
    assertThat(seal.machines()).isEqualTo(9);
    assertThat(EVIDENCE.verify(small).whole()).isTrue();
    assertThat(EVIDENCE.verify(small).sealedHeads()).isEqualTo(9);
    try (HeadsFile.Reader heads =
        new HeadsFile.Reader(kept("heads").resolve(SealFolder.headsOf(seal)))) {
      List<String> found = new ArrayList<>();
      for (Head head = heads.next(); head != null; head = heads.next()) {
        found.add(head.machineId());
      }
      assertThat(found).isSorted().hasSize(9);
    }
  }

  @Test
  void saysWhenTheNextIsDue() {
    Sealing sealing = EVIDENCE.sealing(settings, null);
    Duration hour = Duration.ofHours(1);
    assertThat(sealing.untilDue(hour)).isZero();
    EVIDENCE.seal(settings);
    EVIDENCE.now = EVIDENCE.now.plusSeconds(600);
    assertThat(sealing.untilDue(hour)).isEqualTo(Duration.ofMinutes(50));
    EVIDENCE.now = EVIDENCE.now.plusSeconds(6000);
    assertThat(sealing.untilDue(hour)).isZero();
  }

  @Test
  void aSealIsReadOnlyAsItIsWritten() {
    String line = EVIDENCE.seal(settings).json();
    assertThat(Seal.of(line).json()).isEqualTo(line);
    for (String wrong :
        List.of(
            "",
            "[]",
            "null",
            line + line,
            line.replace("\"number\":", "\"number\":1,\"number\":"),
            line.replace("{\"log\"", "{\"more\":1,\"log\""),
            line.replace("\"machines\":1", "\"machines\":1.0"),
            line.replace("Z\"", "+00:00\""))) {
      assertThatThrownBy(() -> Seal.of(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aLineThatSomebodyHasSpoiltKeepsNoSealBack() throws IOException {
    EVIDENCE.seal(settings);
    EVIDENCE.seal(settings);
    List<String> lines = Files.readAllLines(kept("seals.ndjson"));
    Files.write(kept("seals.ndjson"), List.of("{}", lines.get(1)));
    List<Long> published = new ArrayList<>();
    SealOutlet outlet =
        seal -> {
          published.add(seal.number());
          return CompletableFuture.completedStage(Done.getInstance());
        };
    assertThat(EVIDENCE.sealing(settings, outlet).seal().number()).isEqualTo(3);
    assertThat(published).containsExactly(2L, 3L);
    assertThat(EVIDENCE.verify(settings).findings())
        .extracting(Finding::what)
        .contains(Finding.Kind.FORGED_SEAL);
  }
}
