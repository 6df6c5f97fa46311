package twin.app.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.ConsoleAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class LogLineTest {

  private static final Instant AT = Instant.parse("2025-11-07T15:10:01.250Z");

  /** What the program's own configuration makes of an event. */
  private static String line(String format, LoggingEvent event) throws Exception {
    LoggerContext context = new LoggerContext();
    context.putProperty("twin.log.format", format);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(LogLine.class.getResource("/logback.xml"));
    event.setLoggerContext(context);
    ConsoleAppender<ILoggingEvent> appender =
        (ConsoleAppender<ILoggingEvent>) context.getLogger("ROOT").iteratorForAppenders().next();
    return new String(appender.getEncoder().encode(event), UTF_8);
  }

  private static LoggingEvent event(String message, @Nullable Throwable failure) {
    return event(message, failure, Map.of());
  }

  private static LoggingEvent event(
      String message, @Nullable Throwable failure, Map<String, String> context) {
    LoggingEvent event = new LoggingEvent();
    event.setInstant(AT);
    event.setLevel(Level.WARN);
    event.setLoggerName("twin.ingest.Recorder");
    event.setThreadName("main");
    event.setMessage(message);
    event.setMDCPropertyMap(context);
    if (failure != null) {
      event.setThrowableProxy(new ThrowableProxy(failure));
    }
    return event;
  }

  @Test
  void isTextUnlessToldOtherwise() throws Exception {
    assertThat(line("text", event("It is late", null)))
        .matches("\\d\\d:\\d\\d:01\\.250 WARN  twin.ingest.Recorder It is late\\R");
    assertThat(line("yaml", event("It is late", null)))
        .endsWith("It is late" + System.lineSeparator());
  }

  @Test
  void isAnObjectWithTheMachineThatItIsAbout() throws Exception {
    LoggingEvent event = event("Machine \"a\" did not answer\nin time", null);
    event.setKeyValuePairs(List.of(new KeyValuePair("machine_id", "press-7")));
    String line = line("JSON", event);
    assertThat(line.lines()).hasSize(1);
    JsonNode object = new ObjectMapper().readTree(line);
    assertThat(object.toString())
        .isEqualTo(
            "{\"timestamp\":\"2025-11-07T15:10:01.250Z\",\"level\":\"warn\",\"logger\":"
                + "\"twin.ingest.Recorder\",\"thread\":\"main\",\"message\":\"Machine \\\"a\\\" did"
                + " not answer\\nin time\",\"machine_id\":\"press-7\"}");
  }

  @Test
  void knowsTheMachineOfAJournalThatFailed() throws Exception {
    LoggingEvent event =
        event(
            "Supervisor restarts",
            new IllegalStateException("no journal"),
            Map.of(
                "persistenceId", "machine|press-7", "pekkoSource", "pekko://twin/x", "other", "y"));
    JsonNode object = new ObjectMapper().readTree(line("json", event));
    assertThat(object.get("machine_id").asText()).isEqualTo("press-7");
    assertThat(object.get("actor").asText()).isEqualTo("pekko://twin/x");
    assertThat(object.has("other")).isFalse();
    assertThat(object.get("error").asText())
        .startsWith("java.lang.IllegalStateException: no journal")
        .contains("at twin.app.log.LogLineTest");
  }

  @Test
  void cutsWhatIsTooLongForWhoeverCollectsIt() throws Exception {
    JsonNode object = new ObjectMapper().readTree(line("json", event("x".repeat(100_000), null)));
    assertThat(object.get("message").asText()).hasSize(16 * 1024 + 1).endsWith("…");
  }
}
