package twin.core.drift;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.inference.BundleManifest;
import twin.core.store.Counted;
import twin.core.store.DriftVerdict;

/**
 * How a bundle's inputs and answers are spread, of all machines for which it decides or of one.
 *
 * @param version the bundle's
 * @param machineId which machine; null for all
 * @param from of which readings, by when they were counted or, for one machine, measured
 * @param to until when
 * @param readings how many were looked at
 * @param drifts of inputs and answers
 * @param quality of the channels
 */
public record DriftReport(
    String type,
    String version,
    @Nullable String machineId,
    Instant from,
    Instant to,
    long readings,
    List<Drift> drifts,
    Quality quality) {

  public DriftReport {
    drifts = List.copyOf(drifts);
  }

  /** The most serious of the verdicts. */
  public Drift.Verdict verdict() {
    return drifts.stream()
        .map(Drift::verdict)
        .max(Drift.Verdict::compareTo)
        .orElse(Drift.Verdict.UNKNOWN);
  }

  /**
   * What is compared with what.
   *
   * @param whole whether a whole window has been counted
   */
  record Compared(
      String type,
      String version,
      @Nullable BundleManifest manifest,
      boolean whole,
      Map<Measure, List<long[]>> counts,
      Map<Measure, Counted.First> first,
      Map<Measure, DriftVerdict> before) {

    DriftReport report(
        @Nullable String machineId, Instant from, Instant to, DriftSettings settings) {
      Quality quality = Quality.of(counts);
      long readings =
          quality.channels().stream().mapToLong(Quality.OfChannel::readings).max().orElse(0);
      return new DriftReport(
          type, version, machineId, from, to, readings, drifts(settings), quality);
    }

    private List<Drift> drifts(DriftSettings settings) {
      Map<String, Bins> inputs = Census.bins(manifest);
      List<Drift> drifts = new ArrayList<>();
      inputs.forEach(
          (name, bins) ->
              drift(new Measure(Measure.Kind.INPUT, name), bins, reference(name), settings)
                  .ifPresent(drifts::add));
      drift(Measure.SCORE, Bins.SCORE, Drift.Reference.FIRST_WINDOW, settings)
          .ifPresent(drifts::add);
      drift(Measure.FAILURE, Bins.PROBABILITY, Drift.Reference.FIRST_WINDOW, settings)
          .ifPresent(drifts::add);
      return drifts;
    }

    private Drift.Reference reference(String input) {
      boolean counted =
          manifest != null
              && manifest.inputs().stream()
                  .anyMatch(each -> each.name().equals(input) && !each.edges().isEmpty());
      return counted ? Drift.Reference.TRAINING : Drift.Reference.QUANTILES;
    }

    private Optional<Drift> drift(
        Measure measure, Bins bins, Drift.Reference reference, DriftSettings settings) {
      // What was counted in other bins, by another bundle of the same name, cannot be compared.
      List<long[]> slots =
          counts.getOrDefault(measure, List.of()).stream()
              .filter(slot -> slot.length == Units.GROUPS * bins.size())
              .toList();
      if (slots.isEmpty()) {
        return Optional.empty();
      }
      Counted.First known = first.get(measure);
      boolean comparable = !bins.expected().isEmpty() || (known != null && known.complete());
      Bins compared = bins;
      double expectedFrom = Double.POSITIVE_INFINITY;
      if (bins.expected().isEmpty() && known != null) {
        long[] counted =
            Units.collapsed(
                known.counts().stream().mapToLong(Long::longValue).toArray(), bins.size());
        expectedFrom = Arrays.stream(counted).sum();
        double all = expectedFrom;
        compared =
            new Bins(bins.edges(), Arrays.stream(counted).mapToObj(count -> count / all).toList());
      }
      Divergence divergence =
          comparable
              ? Divergence.of(
                  Units.divisions(slots, bins.size()), compared.expected(), expectedFrom)
              : Divergence.unknown(
                  slots.stream().map(slot -> Units.collapsed(slot, bins.size())).toList(),
                  bins.size());
      DriftVerdict thought = before.get(measure);
      Drift.Verdict verdict =
          Drift.Verdict.of(
              divergence,
              whole,
              thought == null ? Drift.Verdict.UNKNOWN : Drift.Verdict.of(thought.verdict()),
              settings);
      return Optional.of(
          new Drift(
              measure,
              compared,
              reference,
              divergence,
              verdict,
              thought != null && thought.verdict().equals(verdict.label())
                  ? thought.since()
                  : null));
    }
  }

  /** Counts by what was counted, those of one stretch of time after the other. */
  static Map<Measure, List<long[]>> byMeasure(List<Counted.InSlot> rows) {
    Map<Measure, List<long[]>> counts = new LinkedHashMap<>();
    for (Counted.InSlot row : rows) {
      counts
          .computeIfAbsent(Measure.of(row.what()), measure -> new ArrayList<>())
          .add(row.counts().stream().mapToLong(Long::longValue).toArray());
    }
    return counts;
  }
}
