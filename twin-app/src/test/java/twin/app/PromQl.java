package twin.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A query in Prometheus' language, as far as it says what it asks for. Stricter than the language:
 * a function that the dashboards do not use is refused.
 *
 * @param selectors the metrics, and the labels that each is narrowed down by
 * @param grouping labels by which is grouped
 */
record PromQl(List<Selector> selectors, Set<String> grouping) {

  /** A metric and the labels that it must have. */
  record Selector(String metric, Set<String> labels) {}

  private static final Set<String> FUNCTIONS =
      Set.of("sum", "min", "max", "rate", "histogram_quantile");
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s+|(?<word>[A-Za-z_:][A-Za-z0-9_:]*)|(?<text>\"[^\"]*\")|(?<range>\\[[0-9]+[smhd]])"
              + "|(?<number>[0-9]+(?:\\.[0-9]+)?)|(?<mark>>=|<=|==|=~|!~|!=|[=(){},+*/<>-])");

  static PromQl parse(String query) {
    return new Parser(query).parse();
  }

  private static final class Parser {

    private final String query;
    private final List<String> tokens = new ArrayList<>();
    private final List<Selector> selectors = new ArrayList<>();
    private final Set<String> grouping = new TreeSet<>();
    private int next;

    Parser(String query) {
      this.query = query;
      Matcher matcher = TOKEN.matcher(query);
      int at = 0;
      while (at < query.length()) {
        if (!matcher.find(at) || matcher.start() != at) {
          throw broken("cannot be read from character %d on".formatted(at));
        }
        if (!matcher.group().isBlank()) {
          tokens.add(matcher.group());
        }
        at = matcher.end();
      }
    }

    private AssertionError broken(String why) {
      return new AssertionError("%s: %s".formatted(query, why));
    }

    PromQl parse() {
      int open = 0;
      while (next < tokens.size()) {
        String token = tokens.get(next++);
        switch (token) {
          case "(" -> open++;
          case ")" -> {
            if (--open < 0) {
              throw broken("a bracket is closed that was not opened");
            }
          }
          default -> {
            if (Character.isLetter(token.charAt(0))) {
              word(token);
            }
          }
        }
      }
      if (open != 0 || selectors.isEmpty()) {
        throw broken("it asks for nothing, or a bracket stays open");
      }
      return new PromQl(selectors, grouping);
    }

    private void word(String word) {
      if (word.equals("by")) {
        grouping.addAll(labels("(", ")"));
      } else if (peek().equals("(") || peek().equals("by")) {
        if (!FUNCTIONS.contains(word)) {
          throw broken("%s is no function that is known here".formatted(word));
        }
      } else {
        selectors.add(new Selector(word, peek().equals("{") ? labels("{", "}") : new TreeSet<>()));
      }
    }

    private String peek() {
      return next < tokens.size() ? tokens.get(next) : "";
    }

    /** The names in a list of labels, or of conditions on them. */
    private Set<String> labels(String begin, String end) {
      Set<String> labels = new TreeSet<>();
      expect(begin);
      while (!peek().equals(end)) {
        labels.add(peek());
        next++;
        if (end.equals("}")) {
          next += 2;
        }
        if (peek().equals(",")) {
          next++;
        } else if (!peek().equals(end)) {
          throw broken("%s or a comma is missing after the label".formatted(end));
        }
      }
      expect(end);
      return labels;
    }

    private void expect(String token) {
      if (!peek().equals(token)) {
        throw broken("%s is missing before '%s'".formatted(token, peek()));
      }
      next++;
    }
  }
}
