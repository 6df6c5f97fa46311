package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The events and snapshots of each released version, frozen. What stands in a folder there is never
 * changed nor removed: while nodes are upgraded one by one, and for as long as there are journals,
 * the next version reads what that one wrote.
 *
 * <p>A release gets a folder of its own: a copy of the golden files that it writes, with {@code
 * sha256sum} of all of them in {@code files.sha256}, and the digest of that file here.
 */
final class ReleasedFormatsTest {

  private static final Path RELEASED = Path.of("src/test/resources/golden/released");
  private static final String LIST = "files.sha256";

  private static final Map<String, String> RELEASES =
      Map.of("0.1.0", "df482620a5d5fa016e38d1f57f3753e4d32eb89992d827ea7999368dfe857dd2");

  private record Frozen(Path file) {
    byte[] bytes() {
      try {
        return HexFormat.of().parseHex(Files.readString(file).strip());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Without the number of the layout. */
    String name() {
      return file.getFileName().toString().replaceAll("-\\d+[.]hex$", "");
    }

    @Override
    public String toString() {
      return RELEASED.relativize(file).toString();
    }
  }

  private static Stream<Frozen> frozen(boolean events) throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.walk(RELEASED)) {
      found =
          files
              .filter(file -> file.toString().endsWith(".hex"))
              .filter(file -> (RELEASED.relativize(file).getNameCount() > 2) == events)
              .sorted()
              .toList();
    }
    return found.stream().map(Frozen::new);
  }

  static Stream<Frozen> events() throws IOException {
    return frozen(true);
  }

  static Stream<Frozen> states() throws IOException {
    return frozen(false);
  }

  @Test
  void nothingOfAReleaseIsChangedRemovedOrAdded() throws IOException {
    for (Map.Entry<String, String> release : RELEASES.entrySet()) {
      Path folder = RELEASED.resolve(release.getKey());
      assertThat(sha256(folder.resolve(LIST))).isEqualTo(release.getValue());
      Map<String, String> listed = new TreeMap<>();
      for (String line : Files.readAllLines(folder.resolve(LIST))) {
        String[] parts = line.split("  ", 2);
        listed.put(parts[1], parts[0]);
      }
      Map<String, String> present = new TreeMap<>();
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".hex")).toList()) {
          present.put(folder.relativize(file).toString(), sha256(file));
        }
      }
      assertThat(present).isEqualTo(listed);
    }
    try (Stream<Path> folders = Files.list(RELEASED)) {
      assertThat(folders.map(folder -> folder.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(RELEASES.keySet());
    }
  }

  @ParameterizedTest
  @MethodSource("events")
  void anEventIsReadAsItWas(Frozen frozen) {
    GoldenEventsTest.Golden golden =
        GoldenEventsTest.goldens()
            .filter(each -> each.file().equals(frozen.name()))
            .findFirst()
            .orElseThrow();
    JournalEntry entry = EventCodec.decode(EventCodec.manifestOf(golden.event()), frozen.bytes());
    assertThat(entry.event()).isEqualTo(golden.event());
    assertThat(entry.stamp()).isEqualTo(golden.stamp());
  }

  @ParameterizedTest
  @MethodSource("states")
  void aStateIsReadAsItWas(Frozen frozen) {
    MachineState expected =
        switch (frozen.name()) {
          case "state" -> SnapshotTest.eventful();
          case "state-thresholds" -> OwnThresholdsTest.live(1).state;
          default -> throw new AssertionError("nobody knows what " + frozen + " was");
        };
    // The same life makes other events since: alerts tell more.
    assertThat(SnapshotCodec.decode(frozen.bytes()))
        .usingRecursiveComparison()
        .ignoringFields("head")
        .usingOverriddenEquals()
        .isEqualTo(expected);
  }

  private static String sha256(Path file) throws IOException {
    try {
      String text = Files.readString(file);
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
