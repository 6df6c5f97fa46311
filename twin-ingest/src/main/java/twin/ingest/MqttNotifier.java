package twin.ingest;

import com.typesafe.config.ConfigException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import twin.core.notify.ChannelSettings;
import twin.core.notify.Message;
import twin.core.notify.Notifier;
import twin.core.notify.Outcome;

/** Publishes messages as JSON over MQTT with QoS 1. Thread-safe. */
final class MqttNotifier implements Notifier {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z]+)\\}");

  private final BiFunction<String, byte[], CompletableFuture<Done>> publish;
  private final String topic;
  private final Duration timeout;

  /**
   * Publishes nothing yet.
   *
   * @param publish publishes to a topic; completes when the broker has acknowledged it
   */
  MqttNotifier(
      ChannelSettings channel, BiFunction<String, byte[], CompletableFuture<Done>> publish) {
    this.publish = publish;
    this.timeout = channel.timeout();
    this.topic = channel.own().getString("topic").replace("{channel}", level(channel.name()));
    boolean known =
        PLACEHOLDER
            .matcher(topic)
            .results()
            .allMatch(each -> each.group(1).matches("severity|site|area|line"));
    if (topic.isBlank() || topic.chars().anyMatch(c -> "+#\0".indexOf(c) >= 0) || !known) {
      throw new ConfigException.BadValue(
          channel.own().origin(),
          "topic",
          "must be a topic without + and #, with {channel}, {severity}, {site}, {area} and {line}"
              + " at most");
    }
  }

  @Override
  public Outcome send(Message message) throws InterruptedException {
    CompletableFuture<Done> sent =
        publish.apply(topic(message), message.json().toString().getBytes(StandardCharsets.UTF_8));
    try {
      sent.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return new Outcome.Delivered();
    } catch (TimeoutException e) {
      sent.cancel(false);
      return new Outcome.Again(
          "the broker did not acknowledge it within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      return new Outcome.Again(
          "it was not published: " + (e.getCause() == null ? e : e.getCause()).getMessage());
    } catch (InterruptedException e) {
      sent.cancel(false);
      throw e;
    }
  }

  private String topic(Message message) {
    return PLACEHOLDER
        .matcher(topic)
        .replaceAll(
            each ->
                Matcher.quoteReplacement(
                    level(
                        switch (each.group(1)) {
                          case "site" -> message.place().site();
                          case "area" -> message.place().area();
                          case "line" -> message.place().line();
                          default -> message.severity();
                        })));
  }

  /** A level of a topic must have a name, and none that would change the topic. */
  private static String level(@Nullable String name) {
    return name == null || name.isBlank() ? "-" : name.replaceAll("[/+#\\p{Cntrl}]", "_");
  }
}
