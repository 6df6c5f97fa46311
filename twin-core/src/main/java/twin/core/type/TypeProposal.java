package twin.core.type;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A machine type proposed from recorded data: which columns are channels, in what units, and what
 * is physically possible for them, to be looked over by somebody who knows the machine.
 *
 * @param type what is proposed
 * @param readings how many rows it was taken from
 * @param columns what became of each column of the file
 */
public record TypeProposal(MachineType type, long readings, List<ProposedColumn> columns) {

  /** Most rows that are looked at. */
  public static final int MAX_ROWS = 1_000_000;

  /** Most columns that a file may have. */
  public static final int MAX_COLUMNS = 512;

  /** So long a pause is no silence, however often a machine speaks. */
  private static final Duration SHORTEST_SILENCE = Duration.ofMinutes(2);

  private static final int SILENT_AFTER_INTERVALS = 20;

  private static final List<Character> SEPARATORS = List.of(',', ';', '\t');

  private static final double ROOM = 10;

  private static final int READ_AHEAD = 1 << 16;

  private static final CsvMapper CSV =
      CsvMapper.builder()
          .enable(CsvParser.Feature.WRAP_AS_ARRAY)
          .enable(CsvParser.Feature.TRIM_SPACES)
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .build();

  public TypeProposal {
    columns = List.copyOf(columns);
  }

  /**
   * Looks at a file.
   *
   * @param name of the type
   * @param csv comma-, semicolon- or tab-separated, with the names of the columns in its first line
   * @throws IllegalArgumentException when no type can be made of it, saying why
   */
  public static TypeProposal of(String name, Reader csv) throws IOException {
    MachineTypeJson.requireName(name);
    BufferedReader reader = new BufferedReader(csv, READ_AHEAD);
    CsvSchema schema = CsvSchema.emptySchema().withColumnSeparator(separator(reader));
    try (MappingIterator<String[]> rows =
        CSV.readerFor(String[].class).with(schema).readValues(reader)) {
      if (!rows.hasNext()) {
        throw new IllegalArgumentException("the file is empty");
      }
      List<ColumnSurvey> columns = columns(rows.next());
      long readings = 0;
      while (readings < MAX_ROWS && rows.hasNext()) {
        String[] row = rows.next();
        readings++;
        for (int i = 0; i < Math.min(row.length, columns.size()); i++) {
          columns.get(i).see(row[i]);
        }
      }
      return proposed(name, readings, columns);
    } catch (RuntimeJsonMappingException e) {
      throw new IllegalArgumentException("the file is no CSV: " + e.getMessage(), e);
    }
  }

  /** What separates the names in the first line. */
  private static char separator(BufferedReader reader) throws IOException {
    reader.mark(READ_AHEAD);
    String header = reader.readLine();
    reader.reset();
    char found = SEPARATORS.getFirst();
    long most = 0;
    for (char separator : SEPARATORS) {
      long count =
          header == null ? 0 : header.chars().filter(character -> character == separator).count();
      if (count > most) {
        most = count;
        found = separator;
      }
    }
    return found;
  }

  private static List<ColumnSurvey> columns(String[] header) {
    if (header.length > MAX_COLUMNS) {
      throw new IllegalArgumentException(
          "the file has %d columns, more than %d".formatted(header.length, MAX_COLUMNS));
    }
    Set<String> names = new HashSet<>();
    List<ColumnSurvey> columns = new ArrayList<>();
    for (String title : Arrays.asList(header)) {
      // A file by a spreadsheet may begin with a byte order mark.
      ColumnSurvey column = new ColumnSurvey(title.replace("\uFEFF", "").strip(), columns.size());
      if (!names.add(column.name())) {
        throw new IllegalArgumentException(
            "two columns are called %s; the first line must hold the names of the columns"
                .formatted(column.name()));
      }
      columns.add(column);
    }
    return columns;
  }

  private static TypeProposal proposed(String name, long readings, List<ColumnSurvey> surveys) {
    List<ProposedColumn> columns = surveys.stream().map(ColumnSurvey::proposed).toList();
    List<Channel> channels = new ArrayList<>();
    List<String> attributes = new ArrayList<>();
    for (ProposedColumn column : columns) {
      switch (column.use()) {
        case CHANNEL -> channels.add(channel(column));
        case ATTRIBUTE -> attributes.add(column.name());
        case TIME, MACHINE, LABEL, NONE -> {}
      }
    }
    if (channels.isEmpty()) {
      throw new IllegalArgumentException(
          "no column holds numbers; the first line must hold the names of the columns, and each"
              + " further line a reading");
    }
    List<String> names = channels.stream().map(Channel::name).toList();
    MachineType type =
        new MachineType(
            name,
            channels,
            attributes,
            List.of(),
            TypeDefaults.features(names),
            TypeDefaults.LATENESS,
            TypeDefaults.LATENESS,
            silence(surveys),
            TypeDefaults.COMMISSIONING_READINGS,
            TypeDefaults.GATE_THRESHOLD,
            "",
            0,
            List.of(TypeDefaults.anomaly()),
            false,
            0,
            null,
            null);
    return new TypeProposal(type, readings, columns);
  }

  /**
   * A value outside its range is kept, but no feature sees it, so that too narrow a range would
   * hide what is unusual: it leaves ten times as much room on each side as the data fills, and less
   * only where a quantity seems not to be negative.
   */
  private static Channel channel(ProposedColumn column) {
    double least = column.least() == null ? 0 : column.least();
    double greatest = column.greatest() == null ? 0 : column.greatest();
    double room = greatest > least ? greatest - least : Math.max(Math.abs(greatest), 1);
    double around = ROOM * room;
    double min = least >= 0 ? Math.max(0, least - around) : least - around;
    return new Channel(
        column.name(),
        column.unit(),
        rounded(min, RoundingMode.FLOOR),
        rounded(greatest + around, RoundingMode.CEILING),
        column.empty() == 0,
        0);
  }

  private static double rounded(double bound, RoundingMode mode) {
    return new BigDecimal(bound).round(new MathContext(2, mode)).doubleValue();
  }

  private static Duration silence(List<ColumnSurvey> surveys) {
    Duration silence = TypeDefaults.SILENCE;
    for (ColumnSurvey survey : surveys) {
      Duration interval = survey.usualInterval();
      if (interval != null) {
        Duration several = interval.multipliedBy(SILENT_AFTER_INTERVALS);
        // Whole minutes are easier to read and to change.
        Duration whole = Duration.ofMinutes(several.plusSeconds(59).toMinutes());
        silence = whole.compareTo(SHORTEST_SILENCE) > 0 ? whole : SHORTEST_SILENCE;
      }
    }
    return silence;
  }

  /** What a column is taken for. */
  public enum Use {
    /** A measured quantity. */
    CHANNEL,
    /** A text that is kept with each reading. */
    ATTRIBUTE,
    /** When a reading was taken. */
    TIME,
    /** Which machine a reading is of. */
    MACHINE,
    /** What somebody knew afterwards, such as a failure: nothing that a machine sends. */
    LABEL,
    /** Nothing. */
    NONE
  }

  /**
   * What became of a column.
   *
   * @param title as the file calls it
   * @param name as the type calls it
   * @param unit empty where it is not known
   * @param least of its numbers; null where it has none
   * @param greatest of its numbers; null where it has none
   * @param empty cells without a value
   * @param bad cells of a channel that hold no number
   */
  public record ProposedColumn(
      String title,
      String name,
      Use use,
      String unit,
      @Nullable Double least,
      @Nullable Double greatest,
      long empty,
      long bad) {}
}
