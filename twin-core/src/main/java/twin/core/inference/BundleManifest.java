package twin.core.inference;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import twin.core.type.FeatureSpec;

/**
 * What {@code manifest.json} says of a model bundle. Whoever has read one knows that it is well
 * formed, and nothing yet of whether it is true: files, shapes and answers are compared with it
 * when the bundle is opened.
 *
 * @param type the machine type
 * @param version the bundle's version
 * @param featureVersion version of the feature code that it was trained with
 * @param inputs the features that its parts read
 * @param operatingModes the modes of operation that have files of their own
 * @param parts the models in it
 * @param thresholds for each modality of the anomaly gate the score from which it is anomalous
 * @param tolerance how far an answer may be off on another processor, relative to the greater of 1
 *     and the answer
 * @param training what it was trained from
 * @param figures how good it is, as the training measured it
 * @param files every other file of the bundle
 */
public record BundleManifest(
    String type,
    String version,
    int featureVersion,
    List<Input> inputs,
    List<ModeFiles> operatingModes,
    List<Part> parts,
    Map<String, Double> thresholds,
    double tolerance,
    Training training,
    JsonNode figures,
    List<BundleFile> files) {

  /** Its file name in the bundle's directory. */
  public static final String FILE = "manifest.json";

  /** The file with inputs and the outputs that they must give. */
  public static final String GOLDEN_FILE = "golden.json";

  /** Most bytes that a manifest may have. */
  public static final int BYTES_MAX = 1 << 20;

  private static final Pattern QUANTILE = Pattern.compile("p[0-9]{1,2}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private static final List<String> BINS_OF_INPUT = List.of("edges", "shares");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /** What a part of a bundle is for, in the order in which the parts run. */
  public enum Role {
    /** Anomaly gate: a score for each modality. */
    ANOMALY,
    /** The probability that the machine fails. */
    FAILURE,
    /** The probability of each failure mode. */
    FAILURE_MODES,
    /** Quantiles of remaining useful life. */
    RUL;

    @JsonValue
    String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A feature that the bundle reads.
   *
   * @param name the feature's name in the machine type
   * @param unit its unit; empty where it has none
   * @param windowReadings over how many readings it is computed
   * @param low 5 % of what was usual in the training data is lower
   * @param median what was usual
   * @param high 5 % of what was usual is higher
   * @param edges where the bins end in which what was usual was counted, rising; the last bin has
   *     no end; empty in bundles from before this was counted
   * @param shares which share of what was usual was in each bin, an edge being in the bin that it
   *     ends
   */
  public record Input(
      String name,
      String unit,
      int windowReadings,
      double low,
      double median,
      double high,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> edges,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> shares) {

    private static final double TAIL = 0.05;

    /** In how many bins values without ties are counted. */
    private static final int BINS = 10;

    /** More than any training writes. */
    private static final int EDGES_MAX = 100;

    /** How far the sum of shares may be off 1. */
    private static final double ROUNDING = 1e-6;

    public Input {
      require(low <= median && median <= high, "what is usual for " + name, median);
      edges = List.copyOf(edges);
      shares = List.copyOf(shares);
      require(edges.size() <= EDGES_MAX && isRising(edges), "edges of " + name, edges);
      require(
          edges.isEmpty()
              ? shares.isEmpty()
              : shares.size() == edges.size() + 1
                  && shares.stream().allMatch(share -> share >= 0)
                  && Math.abs(shares.stream().mapToDouble(Double::doubleValue).sum() - 1)
                      < ROUNDING,
          "shares of " + name,
          shares);
    }

    /** One of which no bins are known. */
    public Input(
        String name, String unit, int windowReadings, double low, double median, double high) {
      this(name, unit, windowReadings, low, median, high, List.of(), List.of());
    }

    private static boolean isRising(List<Double> numbers) {
      for (int i = 0; i < numbers.size(); i++) {
        if (!Double.isFinite(numbers.get(i)) || (i > 0 && numbers.get(i) <= numbers.get(i - 1))) {
          return false;
        }
      }
      return true;
    }

    /**
     * An input with what was usual for it.
     *
     * @param usual its values where all was well; NaN where it was absent
     */
    public static Input of(String name, String unit, int windowReadings, double[] usual) {
      double[] rising = Arrays.stream(usual).filter(value -> !Double.isNaN(value)).toArray();
      Arrays.sort(rising);
      require(rising.length > 0, "what is usual for " + name, "never there");
      List<Double> edges = edges(rising);
      return new Input(
          name,
          unit,
          windowReadings,
          nearest(rising, TAIL),
          nearest(rising, 0.5),
          nearest(rising, 1 - TAIL),
          edges,
          shares(rising, edges));
    }

    private static List<Double> edges(double[] rising) {
      Stream<Double> deciles =
          IntStream.range(1, BINS).mapToObj(decile -> nearest(rising, (double) decile / BINS));
      // What was never below a value that was there often is seen when it gets there.
      double least = rising[0];
      Stream<Double> below =
          least == nearest(rising, 1.0 / BINS) ? Stream.of(Math.nextDown(least)) : Stream.of();
      return Stream.concat(below, deciles).distinct().toList();
    }

    /** What is often the same value is in a bin that ends with it, however often that is. */
    private static List<Double> shares(double[] rising, List<Double> edges) {
      List<Double> shares = new ArrayList<>();
      int before = 0;
      for (double edge : edges) {
        int upTo = before;
        while (upTo < rising.length && rising[upTo] <= edge) {
          upTo++;
        }
        shares.add((double) (upTo - before) / rising.length);
        before = upTo;
      }
      shares.add((double) (rising.length - before) / rising.length);
      return shares;
    }

    private static double nearest(double[] rising, double share) {
      return rising[(int) Math.round(share * (rising.length - 1))];
    }
  }

  /**
   * One model of the bundle. The rows of its file hold the features in {@code inputs} and after
   * them the sequence. A file that several parts share takes all inputs of the bundle in their
   * order, and gives the outputs of these parts one after another.
   *
   * @param inputs names of the features that it reads; it is not asked about a reading that lacks
   *     one of them
   * @param sequence what it reads of the last readings
   * @param outputs names of the numbers that it gives, in order
   */
  public record Part(
      Role role, String file, List<String> inputs, Sequence sequence, List<String> outputs) {

    public Part {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }
  }

  /**
   * The course of some values over the last readings.
   *
   * @param readings how many readings, the present one included. Before there are so many, a part
   *     that reads nothing else is not asked; for one that also reads features, whose presence says
   *     from when on it can judge, the oldest reading stands for those before it
   * @param inputs channels, or features of a single reading over which the machine type keeps a
   *     window
   */
  public record Sequence(int readings, List<String> inputs) {

    /** For a part that looks at features only. */
    public static final Sequence NONE = new Sequence(0, List.of());

    public Sequence {
      inputs = List.copyOf(inputs);
      require(
          readings >= 0
              && readings <= FeatureSpec.MAX_WINDOW_READINGS
              && (readings == 0) == inputs.isEmpty(),
          "sequence",
          readings + " readings of " + inputs);
    }

    /** How many numbers it has in a row. */
    public int columns() {
      return readings * inputs.size();
    }

    /** What its columns are called: {@code name[-1]} is the value of one reading ago. */
    public List<String> names() {
      return IntStream.range(0, readings)
          .boxed()
          .flatMap(
              row -> inputs.stream().map(input -> "%s[%d]".formatted(input, row + 1 - readings)))
          .toList();
    }
  }

  /**
   * Files that are asked in place of others about readings of one mode of operation. They read and
   * give the same as those that they stand in for; thresholds hold for all modes.
   *
   * @param name the mode's name in the machine type
   * @param files for files of parts those that stand in for them
   * @param golden the file with inputs and outputs for this mode
   */
  public record ModeFiles(String name, SortedMap<String, String> files, String golden) {

    public ModeFiles {
      files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
      require(!files.isEmpty(), "files of operating mode", name);
    }
  }

  /**
   * What the bundle was trained from.
   *
   * @param data what the data is and whose
   * @param sha256 digest of the data file
   * @param seed from which every random choice follows
   */
  public record Training(String data, String sha256, long rows, long seed) {}

  /** A file of the bundle, by the name in its directory. */
  public record BundleFile(String name, long bytes, String sha256) {}

  public BundleManifest {
    inputs = List.copyOf(inputs);
    operatingModes = List.copyOf(operatingModes);
    parts = List.copyOf(parts);
    thresholds = Map.copyOf(thresholds);
    files = List.copyOf(files);
    require(BundleName.isPlain(type), "type", type);
    require(BundleName.isPlain(version), "version", version);
    require(!parts.isEmpty(), "parts", "none");
    require(tolerance >= 0 && tolerance < 1, "tolerance", tolerance);
    Set<String> fileNames = new HashSet<>();
    for (BundleFile file : files) {
      // A plain name cannot lead out of the bundle's directory.
      require(BundleName.isPlain(file.name()), "file name", file.name());
      require(SHA256.matcher(file.sha256()).matches(), "sha256", file.sha256());
      require(fileNames.add(file.name()), "file named twice", file.name());
    }
    Set<String> inputNames = new HashSet<>();
    for (Input input : inputs) {
      require(inputNames.add(input.name()), "input named twice", input.name());
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    Set<String> modalities = new HashSet<>();
    for (Part part : parts) {
      require(
          roles.add(part.role()) || part.role() == Role.ANOMALY,
          "role given twice",
          part.role().json());
      require(fileNames.contains(part.file()), "part without its file", part.file());
      require(inputNames.containsAll(part.inputs()), "inputs of part", part.inputs());
      require(
          inputNames.containsAll(part.sequence().inputs()),
          "inputs of sequence",
          part.sequence().inputs());
      require(
          (!part.inputs().isEmpty() || part.sequence().readings() > 0) && !part.outputs().isEmpty(),
          "part",
          part);
      require(
          part.sequence().readings() == 0
              || parts.stream().filter(other -> other.file().equals(part.file())).count() == 1,
          "a file with a sequence serves one part",
          part.file());
      require(part.role() != Role.FAILURE || part.outputs().size() == 1, "outputs", part.outputs());
      require(
          part.role() != Role.RUL
              || part.outputs().stream().allMatch(name -> QUANTILE.matcher(name).matches()),
          "quantiles",
          part.outputs());
      for (String output : part.role() == Role.ANOMALY ? part.outputs() : List.<String>of()) {
        require(modalities.add(output), "modality given twice", output);
      }
    }
    Set<String> modeNames = new HashSet<>();
    for (ModeFiles mode : operatingModes) {
      require(modeNames.add(mode.name()), "operating mode given twice", mode.name());
      require(
          parts.stream().map(Part::file).toList().containsAll(mode.files().keySet()),
          "files that others stand in for",
          mode.files().keySet());
      require(
          fileNames.containsAll(mode.files().values()) && fileNames.contains(mode.golden()),
          "operating mode without its files",
          mode);
    }
    require(
        thresholds.values().stream().allMatch(Double::isFinite),
        "thresholds are numbers",
        thresholds);
    require(
        thresholds.keySet().equals(modalities),
        "thresholds for the modalities " + modalities,
        thresholds.keySet());
    require(
        roles.contains(Role.FAILURE) == roles.contains(Role.FAILURE_MODES),
        "roles: a classifier has a failure and a failure_modes part",
        roles);
  }

  private static void require(boolean holds, String what, Object found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "the manifest is not well formed: %s: %s".formatted(what, found));
    }
  }

  /**
   * Reads a manifest.
   *
   * @throws IllegalArgumentException when it is not well formed, saying why
   */
  public static BundleManifest read(byte[] json) {
    try {
      JsonNode manifest = JSON.readTree(json);
      require(manifest.isObject(), "it", "no JSON object");
      // Bundles from before inputs were counted in bins say nothing of them.
      for (JsonNode input : manifest.path("inputs")) {
        if (input instanceof ObjectNode object) {
          BINS_OF_INPUT.stream().filter(each -> !input.has(each)).forEach(object::putArray);
        }
      }
      return JSON.treeToValue(manifest, BundleManifest.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "the manifest is not well formed: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("the manifest cannot be read", e);
    }
  }

  /** The manifest as a file; the same manifest gives the same bytes. */
  public byte[] write() {
    try {
      return (JSON.writeValueAsString(new Sorted(this)).replace("\r\n", "\n") + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a manifest can always be written", e);
    }
  }

  /** The parts with a role; only of the anomaly gate there can be several, one a modality. */
  public Stream<Part> parts(Role role) {
    return parts.stream().filter(part -> part.role() == role);
  }

  /** The thresholds in the order of the anomaly gate's outputs. */
  public List<Double> thresholdsInOrder() {
    return parts(Role.ANOMALY)
        .flatMap(part -> part.outputs().stream())
        .map(
            modality -> {
              Double threshold = thresholds.get(modality);
              if (threshold == null) {
                throw new IllegalStateException("no threshold for " + modality);
              }
              return threshold;
            })
        .toList();
  }

  /** Immutable maps have no lasting order, files must have one. */
  private record Sorted(
      String type,
      String version,
      int featureVersion,
      List<Input> inputs,
      List<ModeFiles> operatingModes,
      List<Part> parts,
      TreeMap<String, Double> thresholds,
      double tolerance,
      Training training,
      JsonNode figures,
      List<BundleFile> files) {

    Sorted(BundleManifest of) {
      this(
          of.type,
          of.version,
          of.featureVersion,
          of.inputs,
          of.operatingModes,
          of.parts,
          new TreeMap<>(of.thresholds),
          of.tolerance,
          of.training,
          of.figures,
          of.files);
    }
  }
}
