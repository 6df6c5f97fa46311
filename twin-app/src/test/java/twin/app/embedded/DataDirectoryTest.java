package twin.app.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServiceException.Reason;

final class DataDirectoryTest {

  private static final long ANY_SPACE = 0;

  private final Path temp;

  DataDirectoryTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @Test
  void aSecondHolderIsToldThePidOfTheFirst() throws Exception {
    Path path = temp.resolve("data");
    try (DataDirectory first = DataDirectory.open(path, ANY_SPACE)) {
      EmbeddedServiceException refused = refusal(path, ANY_SPACE);

      assertThat(refused.reason()).isEqualTo(Reason.DATA_IN_USE);
      assertThat(refused).hasMessageContaining("pid " + ProcessHandle.current().pid());
      assertThat(first.path()).isDirectory();
    }
    DataDirectory.open(path, ANY_SPACE).close();
  }

  @Test
  void closingTwiceDoesNotFreeTheNextHolder() throws Exception {
    Path path = temp.resolve("data");
    DataDirectory first = DataDirectory.open(path, ANY_SPACE);
    first.close();
    try (DataDirectory second = DataDirectory.open(path, ANY_SPACE)) {
      first.close();

      assertThat(refusal(path, ANY_SPACE).reason()).isEqualTo(Reason.DATA_IN_USE);
      assertThat(second.path()).isDirectory();
    }
  }

  @Test
  void aDirectoryOfSomebodyElseIsRefusedAndLeftAlone() throws Exception {
    Path letter = Files.writeString(temp.resolve("letter.txt"), "dear");

    assertThat(refusal(temp, ANY_SPACE).reason()).isEqualTo(Reason.DATA_NOT_USABLE);
    try (var entries = Files.list(temp)) {
      assertThat(entries).containsExactly(letter);
    }
  }

  @Test
  void clearingLeavesWhatIsNotTwins() throws Exception {
    Path elsewhere = Files.createDirectories(temp.resolve("elsewhere"));
    Path behindLink = Files.writeString(elsewhere.resolve("kept.txt"), "kept");
    try (DataDirectory data = DataDirectory.open(temp.resolve("data"), ANY_SPACE)) {
      Path beside = Files.writeString(data.path().resolve("notes.txt"), "mine");
      Files.createDirectories(data.kafka().resolve("topic"));
      Files.writeString(data.kafka().resolve("topic/segment"), "old");
      Files.writeString(data.program().resolve("secret"), "old");
      Files.createSymbolicLink(data.mqtt(), elsewhere);

      data.clear();

      assertThat(data.kafka()).doesNotExist();
      assertThat(data.path().resolve("program")).doesNotExist();
      assertThat(Files.isSymbolicLink(data.mqtt())).isFalse();
      assertThat(beside).hasContent("mine");
      assertThat(behindLink).hasContent("kept");
    }
    DataDirectory.open(temp.resolve("data"), ANY_SPACE).close();
  }

  @Test
  void aNearlyFullDiskIsOneLine() {
    EmbeddedServiceException refused = refusal(temp.resolve("data"), Long.MAX_VALUE);

    assertThat(refused.reason()).isEqualTo(Reason.DISK_FULL);
    assertThat(refused.getMessage()).contains("MB").doesNotContain("\n");
  }

  @Test
  void aPlaceThatCannotBeADirectoryIsOneLine() throws Exception {
    // Not a matter of permissions, which would not stop root.
    Path file = Files.writeString(temp.resolve("file"), "");

    EmbeddedServiceException refused = refusal(file.resolve("data"), ANY_SPACE);

    assertThat(refused.reason()).isEqualTo(Reason.DATA_NOT_USABLE);
    assertThat(refused.getMessage()).contains("--data-dir").doesNotContain("\n");
  }

  private static EmbeddedServiceException refusal(Path path, long minFreeMegabytes) {
    return catchThrowableOfType(
        EmbeddedServiceException.class, () -> DataDirectory.open(path, minFreeMegabytes));
  }
}
