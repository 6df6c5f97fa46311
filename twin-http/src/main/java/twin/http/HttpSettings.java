package twin.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import twin.http.tls.TlsSettings;

/**
 * How the API is served, from {@code twin.http}.
 *
 * @param address the address to bind to
 * @param port the port to bind to; 0 for any that is free
 * @param requestTimeout after how long a request is answered with 503
 * @param idleTimeout after how long without a byte a connection is closed
 * @param bodyTimeout how long a body may take to arrive
 * @param bodyBytesMax the largest body of a call, other than those that have a bound of their own
 * @param corsOrigins sites whose pages may call from a browser, as browsers name them
 * @param connectionsMax the most connections at a time
 * @param drainTimeout how long running requests have to end when the server stops
 * @param askTimeout how long a twin has to answer
 * @param partTimeout how long a part has to say whether it is ready
 * @param history bounds of reading the journal
 * @param jobs bounds of jobs
 * @param stream bounds of live streams
 * @param alerts bounds of what is done about alerts and asked of them
 * @param tls how connections are encrypted; nothing: they are not
 */
public record HttpSettings(
    String address,
    int port,
    Duration requestTimeout,
    Duration idleTimeout,
    Duration bodyTimeout,
    long bodyBytesMax,
    Set<String> corsOrigins,
    int connectionsMax,
    Duration drainTimeout,
    Duration askTimeout,
    Duration partTimeout,
    HistorySettings history,
    JobSettings jobs,
    StreamSettings stream,
    AlertSettings alerts,
    Optional<TlsSettings> tls) {

  /**
   * Bounds of what is done about alerts and asked of them.
   *
   * @param shelveMax for how long one may be shelved at most
   * @param incidentWithin an alert belongs to the incident of the one before it on its line when it
   *     was raised no longer after it
   * @param incidentSpan how far back incidents are looked for unless the caller says otherwise
   * @param statsSpan the same for statistics
   * @param spanMax the longest interval of either
   * @param lifeMax how many changes of one alert are told, the newest
   */
  public record AlertSettings(
      Duration shelveMax,
      Duration incidentWithin,
      Duration incidentSpan,
      Duration statsSpan,
      Duration spanMax,
      int lifeMax) {
    public AlertSettings {
      requirePositive("alerts.shelve-max", shelveMax.toSeconds());
      requirePositive("alerts.incident-within", incidentWithin.toMillis());
      requirePositive("alerts.incident-span", incidentSpan.toMillis());
      requirePositive("alerts.stats-span", statsSpan.toMillis());
      requirePositive("alerts.life-max", lifeMax);
      if (spanMax.compareTo(incidentSpan) < 0 || spanMax.compareTo(statsSpan) < 0) {
        throw new IllegalArgumentException(
            "twin.http.alerts.span-max must not be shorter than incident-span and stats-span");
      }
    }
  }

  /**
   * Bounds of reading the journal.
   *
   * @param eventsMax the most events, and readings in them, that one answer is read from
   * @param pointsMax the most readings that one answer may be asked for
   * @param pageMax the most events in a page of the audit trail
   * @param concurrentMax the most answers that are read at a time
   * @param featuresMax the most readings with features that one answer may be asked for
   * @param exportsMax the most intervals that are streamed whole at a time
   */
  public record HistorySettings(
      int eventsMax,
      int pointsMax,
      int pageMax,
      int concurrentMax,
      int featuresMax,
      int exportsMax) {
    public HistorySettings {
      requirePositive("history.events-max", eventsMax);
      requirePositive("history.points-max", pointsMax);
      requirePositive("history.page-max", pageMax);
      requirePositive("history.concurrent-max", concurrentMax);
      requirePositive("history.features-max", featuresMax);
      requirePositive("history.exports-max", exportsMax);
    }
  }

  /**
   * Bounds of jobs.
   *
   * @param runningMax the most that run at a time
   * @param keptMax how many are remembered after their end
   */
  public record JobSettings(int runningMax, int keptMax) {
    public JobSettings {
      requirePositive("jobs.running-max", runningMax);
      requirePositive("jobs.kept-max", keptMax);
    }
  }

  /**
   * Bounds of live streams.
   *
   * @param interval a machine's state is sent at most once in this time
   * @param heartbeat a sign of life is sent after this time without anything else
   * @param machinesMax machines whose newest state is kept for all streams
   * @param alertsMax changes of alerts that are kept for all streams; older ones come from the
   *     database, so many at a time
   * @param alertsBackMax to how many changes of alerts who comes back may have missed
   * @param streamsMax the most streams at a time, and again the most audit trails that are followed
   * @param poll how often the journal is looked at for a followed audit trail whose twin is on
   *     another node
   */
  public record StreamSettings(
      Duration interval,
      Duration heartbeat,
      int machinesMax,
      int alertsMax,
      int alertsBackMax,
      int streamsMax,
      Duration poll) {
    public StreamSettings {
      requirePositive("stream.interval", interval.toMillis());
      requirePositive("stream.heartbeat", heartbeat.toMillis());
      requirePositive("stream.machines-max", machinesMax);
      requirePositive("stream.alerts-max", alertsMax);
      requirePositive("stream.alerts-back-max", alertsBackMax);
      requirePositive("stream.streams-max", streamsMax);
      requirePositive("stream.poll", poll.toMillis());
    }
  }

  public HttpSettings {
    corsOrigins = Set.copyOf(corsOrigins);
    corsOrigins.forEach(HttpSettings::requireOrigin);
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("twin.http.port must be from 0 to 65535, not " + port);
    }
    requirePositive("request-timeout", requestTimeout.toMillis());
    requirePositive("idle-timeout", idleTimeout.toMillis());
    requirePositive("body-timeout", bodyTimeout.toMillis());
    requirePositive("body-max", bodyBytesMax);
    requirePositive("connections-max", connectionsMax);
    requirePositive("drain-timeout", drainTimeout.toMillis());
    requirePositive("ask-timeout", askTimeout.toMillis());
    requirePositive("part-timeout", partTimeout.toMillis());
    if (stream.heartbeat().compareTo(idleTimeout) >= 0) {
      throw new IllegalArgumentException(
          "twin.http.stream.heartbeat must be shorter than twin.http.idle-timeout, or a quiet"
              + " stream is closed");
    }
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("twin.http.%s must be above zero".formatted(name));
    }
  }

  private static void requireOrigin(String origin) {
    if (!origin.matches("https?://[a-z0-9.-]+(:[0-9]{1,5})?")) {
      throw new IllegalArgumentException(
          "twin.http.cors.origins must be as browsers name them, such as https://plant.example:8443, not '%s'"
              .formatted(origin));
    }
  }

  /** A list, or a text with commas between them, as the environment has it. */
  private static Set<String> origins(Config http) {
    ConfigValue value = http.getValue("cors.origins");
    List<String> names =
        value.valueType() == ConfigValueType.STRING
            ? List.of(http.getString("cors.origins").split(",", -1))
            : http.getStringList("cors.origins");
    return names.stream()
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** From the block {@code twin.http}. */
  public static HttpSettings of(Config http) {
    Config history = http.getConfig("history");
    Config stream = http.getConfig("stream");
    Config alerts = http.getConfig("alerts");
    return new HttpSettings(
        http.getString("address"),
        http.getInt("port"),
        http.getDuration("request-timeout"),
        http.getDuration("idle-timeout"),
        http.getDuration("body-timeout"),
        http.getBytes("body-max"),
        origins(http),
        http.getInt("connections-max"),
        http.getDuration("drain-timeout"),
        http.getDuration("ask-timeout"),
        http.getDuration("part-timeout"),
        new HistorySettings(
            history.getInt("events-max"),
            history.getInt("points-max"),
            history.getInt("page-max"),
            history.getInt("concurrent-max"),
            history.getInt("features-max"),
            history.getInt("exports-max")),
        new JobSettings(http.getInt("jobs.running-max"), http.getInt("jobs.kept-max")),
        new StreamSettings(
            stream.getDuration("interval"),
            stream.getDuration("heartbeat"),
            stream.getInt("machines-max"),
            stream.getInt("alerts-max"),
            stream.getInt("alerts-back-max"),
            stream.getInt("streams-max"),
            stream.getDuration("poll")),
        new AlertSettings(
            alerts.getDuration("shelve-max"),
            alerts.getDuration("incident-within"),
            alerts.getDuration("incident-span"),
            alerts.getDuration("stats-span"),
            alerts.getDuration("span-max"),
            alerts.getInt("life-max")),
        TlsSettings.of(http.getConfig("tls")));
  }
}
