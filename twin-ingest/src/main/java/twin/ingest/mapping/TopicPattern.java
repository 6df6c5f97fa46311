package twin.ingest.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A topic in which levels may have names: {@code plant/{line}/+/{machine}/features}, and may end in
 * {@code #}. Immutable.
 *
 * @param text as it was written
 * @param levels what each level must be: a text, {@code +}, or {@code #} as the last
 * @param names the name of each level, empty where it has none
 */
record TopicPattern(String text, List<String> levels, List<String> names) {

  private static final Pattern NAMED = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_-]*)}");

  TopicPattern {
    levels = List.copyOf(levels);
    names = List.copyOf(names);
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException when it is none, with how to mend it
   */
  static TopicPattern parse(String text) {
    List<String> levels = new ArrayList<>();
    List<String> names = new ArrayList<>();
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the topic must not be empty");
    }
    for (String level : text.split("/", -1)) {
      var named = NAMED.matcher(level);
      if (!levels.isEmpty() && levels.getLast().equals("#")) {
        throw new IllegalArgumentException("in '%s' nothing may follow '#'".formatted(text));
      }
      if (named.matches()) {
        if (names.contains(named.group(1))) {
          throw new IllegalArgumentException(
              "'%s' has two levels with the name %s".formatted(text, named.group(1)));
        }
        levels.add("+");
        names.add(named.group(1));
      } else if (level.length() > 1 && level.matches(".*[+#{}].*")) {
        throw new IllegalArgumentException(
            "in '%s' the level '%s' must be a text, '+', '{name}', or '#' at the end"
                .formatted(text, level));
      } else {
        levels.add(level);
        names.add("");
      }
    }
    return new TopicPattern(text, levels, names);
  }

  /** The filter to subscribe to. */
  String filter() {
    return String.join("/", levels);
  }

  /** Whether any topic but one fits. */
  boolean isOpen() {
    return levels.contains("+") || levels.getLast().equals("#");
  }

  boolean fits(List<String> topic) {
    for (int i = 0; i < levels.size(); i++) {
      if (levels.get(i).equals("#")) {
        return true;
      }
      if (i >= topic.size()
          || (!levels.get(i).equals("+") && !levels.get(i).equals(topic.get(i)))) {
        return false;
      }
    }
    return topic.size() == levels.size();
  }
}
