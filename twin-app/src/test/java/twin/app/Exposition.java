package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a node answered at {@code /metrics}.
 *
 * @param families names of the described metrics
 * @param series every line with a value
 */
record Exposition(Set<String> families, List<Series> series) {

  private static final Pattern LINE = Pattern.compile("([a-z_][a-z0-9_]*)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-z_][a-z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\",?");

  /** One value. */
  record Series(String name, Map<String, String> labels, double value) {

    /** Name and labels, without the value. */
    String identity() {
      return name + labels;
    }
  }

  /** Asks a program. */
  static Exposition of(URI program) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(program.resolve("/metrics"))
                  .timeout(Duration.ofSeconds(30))
                  .build(),
              HttpResponse.BodyHandlers.ofString(UTF_8));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return parsed(answer.body());
    }
  }

  private static Exposition parsed(String text) {
    Set<String> families = new TreeSet<>();
    List<Series> series = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.startsWith("# TYPE ")) {
        families.add(line.split(" ", -1)[2]);
      } else if (!line.startsWith("#")) {
        series.add(parsedSeries(line));
      }
    }
    return new Exposition(families, series);
  }

  private static Series parsedSeries(String line) {
    Matcher matcher = LINE.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    Map<String, String> labels = new TreeMap<>();
    if (matcher.group(2) != null) {
      Matcher label = LABEL.matcher(matcher.group(2));
      while (label.find()) {
        labels.put(label.group(1), label.group(2));
      }
    }
    String value = matcher.group(3);
    return new Series(
        matcher.group(1),
        labels,
        value.endsWith("Inf")
            ? Double.parseDouble(value.replace("Inf", "Infinity"))
            : Double.parseDouble(value));
  }

  Stream<Series> named(String name) {
    return series.stream().filter(each -> each.name().equals(name));
  }

  /** The sum of the series with that name and these labels, whatever others they have. */
  double sum(String name, Map<String, String> labels) {
    return named(name)
        .filter(each -> each.labels().entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Series::value)
        .sum();
  }
}
