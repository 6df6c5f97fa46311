package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser. */
@Tag("full")
@Timeout(300)
final class DashboardTest {

  private static final String MACHINE = "machine-003";

  private final Path directory;

  DashboardTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void showsTheFleetAndAMachine() throws Exception {
    ForeignProgram chromium =
        ForeignProgram.orSkip("chromium", "chromium-browser", "google-chrome");
    Path data = directory.resolve("data");
    try (ProgramUnderTest program = ProgramUnderTest.demo(data, "--machines=3", "--rate=5")) {
      Eventually.get(
          "the fleet",
          () -> program.api().ok("/api/v1/machines").get("items").size(),
          machines -> machines == 3);

      try (Browser browser = Browser.open(chromium, directory)) {
        browser.go(program.url());
        Eventually.get(
            "the machines on the page",
            browser::text,
            text ->
                text.contains("machine-001")
                    && text.contains("machine-002")
                    && text.contains(MACHINE));

        browser.go(URI.create(program.url() + "/#/machines/" + MACHINE));
        Eventually.get(
            "the machine's channels on the page",
            browser::text,
            text -> text.contains(MACHINE) && text.toLowerCase(Locale.ROOT).contains("torque"));
        assertThat(browser.errors()).isEmpty();
      }
    }
  }
}
