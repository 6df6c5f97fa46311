package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

  @Test
  void triesAModelOnThePastAndProvesThePastAgain() throws Exception {
    ForeignProgram chromium =
        ForeignProgram.orSkip("chromium", "chromium-browser", "google-chrome");
    try (ProgramUnderTest program =
        ProgramUnderTest.demo(directory.resolve("data"), "--no-simulator")) {
      // Three tools, each worn out and replaced: alerts, and lives that have ended.
      Instant start = Instant.parse("2025-11-07T15:00:00Z");
      String readings =
          IntStream.rangeClosed(1, 360)
              .mapToObj(
                  i ->
                      ("{\"timestamp\":\"%s\",\"seq\":%d,\"variant\":\"L\",\"air_temp_k\":299.1,"
                              + "\"process_temp_k\":309.5,\"rpm\":1500,\"torque_nm\":40.5,"
                              + "\"tool_wear_min\":%d}")
                          .formatted(start.plusSeconds(60L * i), i, 2 * (i % 120)))
              .collect(Collectors.joining(",", "[", "]"));
      assertThat(program.api().post("/api/v1/machines/mill-1/readings", readings).status())
          .isEqualTo(200);
      URI machine = URI.create(program.url() + "/#/machines/mill-1");

      try (Browser browser = Browser.open(chromium, directory)) {
        browser.go(URI.create(machine + "/what-if"));
        shows(browser, "Nothing tried yet", "Trained on 7,000 rows");
        browser.press("Try this model");
        shows(
            browser,
            "milling:1.0.0 beside milling:1.0.0",
            "the same alerts at the same times",
            "360 judged by both",
            "Over the 3 lives that ended",
            "rul low");
        URI outcome = browser.address();
        assertThat(outcome.toString()).contains("job=");

        browser.press("Prove the past again");
        shows(
            browser,
            "360 of 360 conclusions computed again are equal to the bit.",
            "The chain of events is whole.");
        browser.go(outcome);
        shows(browser, "milling:1.0.0 beside milling:1.0.0");

        browser.go(URI.create(machine + "/at/3"));
        shows(browser, "mill-1 at revision 3", "a reading over http");
        assertThat(browser.errors()).isEmpty();
      }
    }
  }

  private static void shows(Browser browser, String... parts) throws Exception {
    Eventually.get(
        List.of(parts) + " on the page",
        browser::text,
        text -> Arrays.stream(parts).allMatch(text::contains));
  }
}
