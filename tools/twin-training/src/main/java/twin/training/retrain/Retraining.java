package twin.training.retrain;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.Training;
import twin.core.inference.GoldenAnswers;
import twin.core.inference.ModelSession;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.training.bundle.BundleFolder;
import twin.training.bundle.GoldenCase;
import twin.training.bundle.ManifestEntries;
import twin.training.lived.ChannelCount;
import twin.training.lived.Examples;
import twin.training.lived.Experience;
import twin.training.lived.Finding;
import twin.training.lived.Label;
import twin.training.lived.Past;
import twin.training.lived.Span;
import twin.training.onnx.Served;

/**
 * One retraining of a type: looks at the past, says whether it is enough to learn from, trains on
 * the first part of the time, and measures the new bundle and the one that decides now on the last
 * part. Nothing is promoted by it. The same past and settings give the same bytes.
 */
public final class Retraining {
  /** The file of a bundle that says how it came about. */
  public static final String REPORT_FILE = "retraining.json";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final Duration HINDSIGHT = Duration.ofDays(7);
  private static final double BROKEN_SHARE = 0.2;
  private static final int FINDINGS_TOLD_MAX = 100;
  private static final int GOLDEN_ROWS = 24;
  private static final double MINUTES_WITHOUT_UNIT = 60;

  private final MachineType type;
  private final Span span;
  private final RetrainSettings settings;
  private final String code;
  private final Consumer<String> progress;
  private final ObjectNode report = JsonNodeFactory.instance.objectNode();

  /**
   * What came of it.
   *
   * @param trained whether there is a bundle
   * @param missing why there is none, a sentence each
   * @param report everything that is to be told
   */
  public record Outcome(boolean trained, List<String> missing, ObjectNode report) {
    public Outcome {
      missing = List.copyOf(missing);
    }
  }

  /**
   * Nothing is done yet.
   *
   * @param code the version of the program that trains
   * @param progress told what is being done
   */
  public Retraining(
      MachineType type,
      Span span,
      RetrainSettings settings,
      String code,
      Consumer<String> progress) {
    if (type.learnsChannels()) {
      throw new IllegalArgumentException(
          "machines of type %s have no channels in common; make a type of them first (./twin type"
                  .formatted(type.name())
              + " init FILE.csv, PUT /api/v1/types/{type})");
    }
    if (type.features().isEmpty()) {
      throw new IllegalArgumentException("type " + type.name() + " has no features to learn from");
    }
    this.type = type;
    this.span = span;
    this.settings = settings;
    this.code = code;
    this.progress = progress;
  }

  /**
   * Retrains.
   *
   * @param champion what decides now, to be compared with; null for nothing
   * @param directory where the bundle goes; absent or empty
   */
  public Outcome run(Past past, @Nullable ModelSession champion, String version, Path directory)
      throws IOException {
    BundleFolder.requireEmpty(directory);
    describe();
    progress.accept(
        "reading what machines of type %s lived through from %s to %s"
            .formatted(type.name(), span.from(), span.to()));
    Experience experience =
        Experience.of(past, type, span, new Experience.Limits(horizon(), HINDSIGHT, BROKEN_SHARE));
    List<String> missing = judge(experience);
    if (!missing.isEmpty()) {
      return skipped(experience, missing);
    }
    Parts parts = new Parts(experience, champion);
    progress.accept("computing features");
    experience.give(parts);
    validation(experience);
    parts.describe(report.putObject("rows"));
    List<String> modes = learned(experience.failures(parts.learned));
    boolean gateAlone = settings.failuresMin() == 0;
    if (modes.isEmpty() && !gateAlone) {
      return skipped(
          experience,
          List.of(
              "no failure came %d times or more before %s, from when on the time is held aside"
                  .formatted(settings.failuresOfModeMin(), parts.held.from())));
    }
    GeneralModel model =
        GeneralModel.train(
            type,
            parts.training,
            modes,
            lives(parts.training),
            parts.sample,
            settings.seed(),
            progress);
    write(parts, experience, model, modes, version, directory);
    return new Outcome(true, List.of(), report);
  }

  private double horizon() {
    if (!Double.isNaN(settings.horizon())) {
      return settings.horizon();
    }
    return type.rulUnit().isEmpty() ? MINUTES_WITHOUT_UNIT : type.rulHorizon();
  }

  private void describe() {
    report.put("type", type.name());
    report.put("outcome", "trained");
    report.put("from", span.from().toString());
    report.put("to", span.to().toString());
    ObjectNode used = report.putObject("settings");
    used.put("seed", settings.seed());
    used.put("sample", settings.sample());
    used.put("horizon", horizon());
    used.put("horizon_unit", type.rulUnit().isEmpty() ? "min" : type.rulUnit());
    used.put("held_aside", RetrainSettings.HELD_ASIDE);
    used.put("min_days", settings.daysMin());
    used.put("min_machines", settings.machinesMin());
    used.put("min_failures", settings.failuresMin());
    used.put("min_per_failure", settings.failuresOfModeMin());
    used.put("min_readings", settings.readingsMin());
    used.put("min_lives", settings.livesMin());
    used.put("max_rows", settings.rowsMax());
    report.put("code", code);
    report.put("feature_version", FeatureExtractor.VERSION);
  }

  /** What is missing, in sentences. */
  private List<String> judge(Experience experience) {
    List<String> missing = new ArrayList<>();
    experience.findings().stream()
        .filter(finding -> finding.what().prevents())
        .filter(finding -> finding.what() != Finding.What.ONE_CLASS || settings.failuresMin() > 0)
        .forEach(finding -> missing.add(finding.detail()));
    Map<String, Integer> failures = experience.failures();
    int all = failures.values().stream().mapToInt(Integer::intValue).sum();
    int days = experience.days();
    int machines = experience.machines().size();
    long readings = experience.readings();
    ObjectNode sufficiency = report.putObject("sufficiency");
    sufficiency.put("days", days);
    sufficiency.put("machines", machines);
    sufficiency.put("readings", readings);
    ObjectNode byMode = sufficiency.putObject("failures");
    failures.forEach(byMode::put);
    if (readings > 0) {
      few(missing, days, settings.daysMin(), "days with readings");
      few(missing, machines, settings.machinesMin(), "machines");
      few(missing, readings, settings.readingsMin(), "readings");
    }
    if (all > 0) {
      few(missing, all, settings.failuresMin(), "failures");
    }
    ArrayNode told = sufficiency.putArray("missing");
    missing.forEach(told::add);
    sufficiency.put("sufficient", missing.isEmpty());
    validation(experience);
    return missing;
  }

  private static void few(List<String> missing, long there, long wanted, String what) {
    if (there < wanted) {
      missing.add("%d %s, and %d are needed".formatted(there, what, wanted));
    }
  }

  private void validation(Experience experience) {
    ObjectNode validation = report.putObject("validation");
    validation.put("findings_all", experience.findings().size());
    ArrayNode findings = validation.putArray("findings");
    for (Finding finding : experience.findings().stream().limit(FINDINGS_TOLD_MAX).toList()) {
      ObjectNode told = findings.addObject();
      told.put("what", finding.what().name().toLowerCase(Locale.ROOT));
      if (!finding.machineId().isEmpty()) {
        told.put("machine_id", finding.machineId());
      }
      if (!finding.channel().isEmpty()) {
        told.put("channel", finding.channel());
      }
      told.put("detail", finding.detail());
    }
    ObjectNode channels = validation.putObject("channels");
    for (int i = 0; i < experience.channels().size(); i++) {
      ChannelCount count = experience.channels().get(i);
      ObjectNode channel = channels.putObject(type.channels().get(i).name());
      channel.put("readings", count.readings());
      channel.put("missing", count.missing());
      channel.put("out_of_range", count.outOfRange());
      channel.put("uncertain", count.uncertain());
      channel.put("longest_equal", count.longestEqual());
      if (Double.isFinite(count.mean())) {
        channel.put("min", count.min());
        channel.put("mean", count.mean());
        channel.put("max", count.max());
      }
    }
  }

  private Outcome skipped(Experience experience, List<String> missing) {
    report.put("outcome", "skipped");
    validation(experience);
    ArrayNode why = report.putArray("why");
    missing.forEach(why::add);
    return new Outcome(false, missing, report);
  }

  private List<String> learned(Map<String, Integer> failures) {
    ObjectNode left = report.putObject("failures_not_learned");
    List<String> modes = new ArrayList<>();
    failures.forEach(
        (mode, count) -> {
          if (count >= settings.failuresOfModeMin()) {
            modes.add(mode);
          } else {
            left.put(mode, count);
          }
        });
    return modes;
  }

  /** Whether enough lives ended: each is a stretch in which what remains falls to an end. */
  private boolean lives(Examples examples) {
    if (type.rulUnit().isEmpty()) {
      return false;
    }
    int lives = 0;
    float before = Float.NaN;
    int machine = -1;
    for (int row = 0; row < examples.size(); row++) {
      float remaining = examples.remaining(row);
      boolean another =
          examples.machine(row) != machine || Float.isNaN(before) || remaining > before;
      lives += !Float.isNaN(remaining) && another ? 1 : 0;
      machine = examples.machine(row);
      before = remaining;
    }
    report.put("lives", lives);
    return lives >= settings.livesMin();
  }

  /** Rows spread over the examples, and one of each failure. */
  private static GoldenAnswers golden(Examples examples, GeneralModel model) {
    Set<Integer> chosen = new TreeSet<>();
    int[] used = model.used();
    for (int i = 0; i < GOLDEN_ROWS; i++) {
      chosen.add(used[(int) ((long) i * (used.length - 1) / (GOLDEN_ROWS - 1))]);
    }
    for (String mode : examples.modes()) {
      Arrays.stream(used)
          .filter(row -> examples.mode(row).equals(mode))
          .findFirst()
          .ifPresent(chosen::add);
    }
    try (Served served = new Served(model.file())) {
      return new GoldenAnswers(
          chosen.stream()
              .map(row -> GoldenCase.of(served, model.parts(), inputs(examples, model, row)))
              .toList());
    }
  }

  private static SequencedMap<String, Double> inputs(
      Examples examples, GeneralModel model, int row) {
    float[] values = examples.matrix(model.inputs(), new int[] {row}).row(0);
    SequencedMap<String, Double> inputs = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      inputs.put(model.inputs().get(i), (double) values[i]);
    }
    return inputs;
  }

  private BundleManifest manifest(
      Parts parts,
      Experience experience,
      GeneralModel model,
      String version,
      Map<String, byte[]> files,
      Map<String, Map<String, Double>> figures) {
    return new BundleManifest(
        type.name(),
        version,
        FeatureExtractor.VERSION,
        model.inputs().stream()
            .map(name -> ManifestEntries.input(type, name, model.usual(parts.training, name)))
            .toList(),
        List.of(),
        model.parts(),
        model.thresholds(),
        GeneralModel.TOLERANCE,
        new Training(
            "%d machines of type %s, lived through from %s to %s; %s says how it was learned from"
                .formatted(
                    experience.machines().size(),
                    type.name(),
                    parts.learned.from(),
                    parts.learned.to(),
                    REPORT_FILE),
            parts.training.sha256(),
            model.used().length,
            settings.seed()),
        ManifestEntries.figures(figures),
        ManifestEntries.files(files));
  }

  /** The readings of the second pass, in the two parts of the time. */
  private final class Parts implements Experience.Taker {
    private final Span learned;
    private final Span held;
    private final Examples training;
    private final Examples heldAside;
    private final @Nullable ModelSession session;
    private final @Nullable Opinions champion;
    private final int sample;
    private final int heldSample;
    private long notYetKnown;

    Parts(Experience experience, @Nullable ModelSession champion) {
      Span covered = experience.covered();
      Instant split = covered.at(1 - RetrainSettings.HELD_ASIDE);
      this.learned = new Span(covered.from(), split);
      this.held = new Span(split, covered.to());
      this.session = champion;
      this.champion = champion == null ? null : Opinions.of(champion);
      double heldReadings = experience.readings() * RetrainSettings.HELD_ASIDE;
      double learnedReadings = experience.readings() - heldReadings;
      this.sample =
          Math.max(
              settings.sample(), (int) Math.ceil(learnedReadings / (settings.rowsMax() / 2.0)));
      this.heldSample = Math.max(1, (int) Math.ceil(heldReadings / (settings.rowsMax() / 2.0)));
      List<String> names = type.features().stream().map(FeatureSpec::name).toList();
      this.training = new Examples(names, settings.rowsMax());
      this.heldAside = new Examples(names, settings.rowsMax());
    }

    @Override
    public boolean wants(String machineId, long number, Instant at, Label label) {
      int every = held.holds(at) ? heldSample : sample;
      if (!held.holds(at) && label.kind() == Label.Kind.FAILING) {
        // Known only from what came later: to learn from it would be to have seen the answers.
        boolean known = label.knownAt().isBefore(held.from());
        notYetKnown += known ? 0 : 1;
        return known;
      }
      return Math.floorMod(number + settings.seed() * 31 + machineId.hashCode(), every) == 0;
    }

    @Override
    public void take(String machineId, Instant at, Label label, FeatureVector features) {
      float[] row = new float[features.values().size()];
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) features.values().get(i);
      }
      if (held.holds(at)) {
        heldAside.add(machineId, at, label, row);
        if (champion != null && session != null) {
          champion.ask(session, features);
        }
      } else {
        boolean known = label.knownAt().isBefore(held.from());
        training.add(
            machineId,
            at,
            known ? label : new Label(label.kind(), label.mode(), Double.NaN, label.knownAt()),
            row);
      }
    }

    void describe(ObjectNode rows) {
      rows.put("learned_from", learned.from().toString());
      rows.put("held_aside_from", held.from().toString());
      rows.put("held_aside_to", held.to().toString());
      rows.put("sample", sample);
      rows.put("held_aside_sample", heldSample);
      rows.put("not_yet_known", notYetKnown);
      classes(training, rows.putObject("training"));
      classes(heldAside, rows.putObject("held_aside"));
      report.put("sha256_of_training_data", training.sha256());
      report.put("sha256_of_held_aside_data", heldAside.sha256());
    }

    private void classes(Examples of, ObjectNode counts) {
      counts.put("normal", of.rows(row -> of.mode(row).isEmpty()).length);
      of.modes().stream()
          .sorted()
          .forEach(mode -> counts.put(mode, of.rows(row -> of.mode(row).equals(mode)).length));
    }
  }

  private void write(
      Parts parts,
      Experience experience,
      GeneralModel model,
      List<String> modes,
      String version,
      Path directory)
      throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(GeneralModel.FILE, model.file());
    files.put(BundleManifest.GOLDEN_FILE, golden(parts.training, model).write());
    progress.accept("measuring on what was held aside");
    Opinions challenger = Opinions.of(model, version, parts.heldAside);
    Comparison comparison = new Comparison(parts.heldAside, settings.seed());
    Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    figures.put("held_aside", comparison.figures(challenger));
    ObjectNode compared = report.putObject("comparison");
    compared.set("challenger", told(version, comparison.figures(challenger)));
    Opinions champion = parts.champion;
    if (champion == null) {
      compared.put("better", "challenger");
      compared.put("why", "there is no champion to compare with");
    } else {
      figures.put("held_aside_champion", comparison.figures(champion));
      compared.set("champion", told(champion.version(), comparison.figures(champion)));
      compared.setAll(comparison.better(champion, challenger));
    }
    ObjectNode bundle = report.putObject("bundle");
    bundle.put("type", type.name());
    bundle.put("version", version);
    ArrayNode parted = bundle.putArray("parts");
    model.parts().forEach(part -> parted.add(part.role().name().toLowerCase(Locale.ROOT)));
    ArrayNode learnt = bundle.putArray("failure_modes");
    modes.forEach(learnt::add);
    bundle.put("inputs", model.inputs().size());
    bundle.put("rows", model.used().length);
    files.put(REPORT_FILE, json());
    files.put(
        "CARD.md",
        RetrainCard.write(
            report, challenger.classifies() ? comparison.reliability(challenger) : List.of()));
    BundleFolder.write(
        directory, manifest(parts, experience, model, version, files, figures), files);
  }

  private byte[] json() throws IOException {
    return (JSON.writeValueAsString(report).replace("\r\n", "\n") + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode told(String version, Map<String, Double> figures) {
    ObjectNode told = JsonNodeFactory.instance.objectNode();
    told.put("version", version);
    figures.forEach(told::put);
    return told;
  }
}
