package twin.core.type;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import twin.core.type.TypeProposal.ProposedColumn;
import twin.core.type.TypeProposal.Use;

/** What is seen of one column of a file, cell by cell. */
final class ColumnSurvey {

  /** A text column with more values than that is no attribute. */
  private static final int ATTRIBUTE_VALUES_MAX = 20;

  private static final int INTERVALS_MAX = 10_000;

  /** Of so many cells one may hold no number, and the column is still a channel. */
  private static final int ONE_BAD_IN = 20;

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

  private static final int TITLE_LENGTH_MAX = 256;

  private static final Pattern UNIT_IN_TITLE =
      Pattern.compile("^(.*?)\\s*[\\[(]([^\\])]*)[\\])]\\s*$");

  private static final Set<String> TIMES =
      Set.of("timestamp", "time", "datetime", "date", "date_time", "ts");

  private static final Set<String> MACHINES =
      Set.of(
          "machine_id",
          "machine",
          "asset",
          "asset_id",
          "device",
          "device_id",
          "unit",
          "unit_nr",
          "unit_number",
          "engine",
          "engine_id",
          "product_id",
          "serial",
          "serial_number",
          "udi",
          "id");

  /** What else of a reading has a meaning of its own. */
  private static final Set<String> RESERVED = Set.of("seq", "machine_type");

  private static final Set<String> LABELS =
      Set.of(
          "label",
          "target",
          "class",
          "anomaly",
          "changepoint",
          "failure",
          "failure_type",
          "fault",
          "machine_failure",
          "rul",
          "twf",
          "hdf",
          "pwf",
          "osf",
          "rnf");

  /** Last word of a name, and the unit that it usually stands for. */
  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("k", "K"),
          Map.entry("degc", "°C"),
          Map.entry("c", "°C"),
          Map.entry("degf", "°F"),
          Map.entry("f", "°F"),
          Map.entry("rpm", "rpm"),
          Map.entry("nm", "Nm"),
          Map.entry("min", "min"),
          Map.entry("s", "s"),
          Map.entry("ms", "ms"),
          Map.entry("h", "h"),
          Map.entry("bar", "bar"),
          Map.entry("mbar", "mbar"),
          Map.entry("psi", "psi"),
          Map.entry("pa", "Pa"),
          Map.entry("kpa", "kPa"),
          Map.entry("mpa", "MPa"),
          Map.entry("v", "V"),
          Map.entry("mv", "mV"),
          Map.entry("a", "A"),
          Map.entry("ma", "mA"),
          Map.entry("w", "W"),
          Map.entry("kw", "kW"),
          Map.entry("kwh", "kWh"),
          Map.entry("hz", "Hz"),
          Map.entry("g", "g"),
          Map.entry("mm", "mm"),
          Map.entry("um", "µm"),
          Map.entry("m", "m"),
          Map.entry("mms", "mm/s"),
          Map.entry("pct", "%"),
          Map.entry("percent", "%"),
          Map.entry("lpm", "l/min"),
          Map.entry("kg", "kg"),
          Map.entry("db", "dB"));

  private final String title;
  private final String name;
  private final String unit;
  private final Set<String> texts = new HashSet<>();
  private final List<Long> intervalsMillis = new ArrayList<>();
  private long empty;
  private long numbers;
  private long others;
  private double least = Double.POSITIVE_INFINITY;
  private double greatest = Double.NEGATIVE_INFINITY;
  private @Nullable Instant before;

  ColumnSurvey(String title, int position) {
    if (title.length() > TITLE_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "column %d has a name of %d characters, more than %d; the first line must hold the names"
                  .formatted(position + 1, title.length(), TITLE_LENGTH_MAX)
              + " of the columns");
    }
    Matcher bracketed = UNIT_IN_TITLE.matcher(title);
    boolean hasUnit = bracketed.matches();
    this.title = title;
    this.name = nameOf(hasUnit ? bracketed.group(1) : title, position);
    String last = name.substring(name.lastIndexOf('_') + 1);
    this.unit = hasUnit ? bracketed.group(2).strip() : UNITS.getOrDefault(last, "");
  }

  private static String nameOf(String title, int position) {
    String plain =
        title
            .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "_")
            .replaceAll("^_+|_+$", "");
    if (plain.isEmpty()) {
      return "column_" + (position + 1);
    }
    String named = Character.isDigit(plain.charAt(0)) ? "c_" + plain : plain;
    return named.length() <= Channel.MAX_NAME_LENGTH
        ? named
        : named.substring(0, Channel.MAX_NAME_LENGTH);
  }

  String name() {
    return name;
  }

  void see(@Nullable String cell) {
    if (cell == null || cell.isBlank()) {
      empty++;
      return;
    }
    String text = cell.strip();
    if (TIMES.contains(name)) {
      seeTime(text);
    }
    double number = number(text);
    if (Double.isNaN(number)) {
      others++;
      if (texts.size() <= ATTRIBUTE_VALUES_MAX) {
        texts.add(text);
      }
    } else {
      numbers++;
      least = Math.min(least, number);
      greatest = Math.max(greatest, number);
    }
  }

  private static double number(String text) {
    // What a Java program would read beside it is no number in a file: 1d, 0x1p3, NaN.
    if (!NUMBER.matcher(text).matches()) {
      return Double.NaN;
    }
    double number = Double.parseDouble(text);
    return Double.isFinite(number) ? number : Double.NaN;
  }

  private void seeTime(String text) {
    Instant now = time(text);
    Instant last = before;
    if (now != null
        && last != null
        && now.isAfter(last)
        && intervalsMillis.size() < INTERVALS_MAX) {
      intervalsMillis.add(Duration.between(last, now).toMillis());
    }
    before = now;
  }

  private static @Nullable Instant time(String text) {
    String iso = text.replace(' ', 'T');
    try {
      return OffsetDateTime.parse(iso).toInstant();
    } catch (DateTimeParseException e) {
      // Perhaps it has no offset; intervals are the same in any.
    }
    try {
      return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /** The median between two readings, where it is a column of times that can be read. */
  @Nullable Duration usualInterval() {
    if (intervalsMillis.isEmpty()) {
      return null;
    }
    List<Long> sorted = new ArrayList<>(intervalsMillis);
    Collections.sort(sorted);
    return Duration.ofMillis(sorted.get(sorted.size() / 2));
  }

  ProposedColumn proposed() {
    Use use = use();
    boolean measured = numbers > 0;
    return new ProposedColumn(
        title,
        name,
        use,
        use == Use.CHANNEL ? unit : "",
        measured ? (Double) least : null,
        measured ? (Double) greatest : null,
        empty,
        use == Use.CHANNEL ? others : 0);
  }

  private Use use() {
    if (TIMES.contains(name)) {
      return Use.TIME;
    }
    if (MACHINES.contains(name)) {
      return Use.MACHINE;
    }
    if (LABELS.contains(name)) {
      return Use.LABEL;
    }
    if (RESERVED.contains(name)) {
      return Use.NONE;
    }
    if (numbers > 0 && others <= numbers / ONE_BAD_IN) {
      return Use.CHANNEL;
    }
    boolean few = !texts.isEmpty() && texts.size() <= ATTRIBUTE_VALUES_MAX;
    return few && numbers == 0 ? Use.ATTRIBUTE : Use.NONE;
  }
}
