package twin.app.log;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.event.KeyValuePair;

/**
 * A line of the log: as text for people, or as a JSON object for programs that collect logs.
 * Logback makes it, from {@code logback.xml}, and a form that it does not know is text.
 */
public final class LogLine extends LayoutBase<ILoggingEvent> {

  private static final String TEXT = "text";
  private static final String JSON = "json";

  /** What is longer is cut: whoever collects logs has a bound, and often a lower one. */
  private static final int CHARACTERS_MAX = 16 * 1024;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final JsonFactory json = new JsonFactory();
  private final PatternLayout text = new PatternLayout();
  private String format = TEXT;

  /** {@code text} or {@code json}. */
  public void setFormat(String format) {
    this.format = format.toLowerCase(Locale.ROOT);
  }

  @Override
  public void start() {
    if (!format.equals(TEXT) && !format.equals(JSON)) {
      addWarn("TWIN_LOG_FORMAT is %s; it may be text or json, and text it is".formatted(format));
    }
    text.setContext(getContext());
    text.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{24} %msg%n");
    text.start();
    super.start();
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    return format.equals(JSON) ? object(event) : text.doLayout(event);
  }

  private String object(ILoggingEvent event) {
    StringWriter line = new StringWriter(256);
    try (JsonGenerator out = json.createGenerator(line)) {
      out.writeStartObject();
      out.writeStringField("timestamp", TIME.format(Instant.ofEpochMilli(event.getTimeStamp())));
      out.writeStringField("level", event.getLevel().toString().toLowerCase(Locale.ROOT));
      out.writeStringField("logger", event.getLoggerName());
      out.writeStringField("thread", event.getThreadName());
      out.writeStringField("message", cut(event.getFormattedMessage()));
      for (Map.Entry<String, String> about : about(event).entrySet()) {
        out.writeStringField(about.getKey(), cut(about.getValue()));
      }
      if (event.getThrowableProxy() != null) {
        out.writeStringField("error", cut(ThrowableProxyUtil.asString(event.getThrowableProxy())));
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("text in memory cannot fail to be written", e);
    }
    return line.append(System.lineSeparator()).toString();
  }

  /**
   * What the line is about. Pekko names the journal's id of a twin, and its actor, by which the
   * machine is known too.
   */
  private static Map<String, String> about(ILoggingEvent event) {
    Map<String, String> about = new TreeMap<>();
    for (Map.Entry<String, String> entry : event.getMDCPropertyMap().entrySet()) {
      switch (entry.getKey()) {
        case "persistenceId" -> {
          int bar = entry.getValue().indexOf('|');
          about.put("machine_id", entry.getValue().substring(bar + 1));
        }
        case "machine_id", "trace_id" -> about.put(entry.getKey(), entry.getValue());
        case "pekkoSource" -> about.put("actor", entry.getValue());
        default -> {}
      }
    }
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      pairs.forEach(pair -> about.put(pair.key, String.valueOf(pair.value)));
    }
    return about;
  }

  private static String cut(String text) {
    return text.length() <= CHARACTERS_MAX ? text : text.substring(0, CHARACTERS_MAX) + "…";
  }
}
