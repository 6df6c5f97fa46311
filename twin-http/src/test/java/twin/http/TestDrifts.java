package twin.http;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import twin.core.drift.Bins;
import twin.core.drift.Divergence;
import twin.core.drift.Drift;
import twin.core.drift.DriftReport;
import twin.core.drift.Measure;
import twin.core.drift.Quality;
import twin.core.machine.MachineState;
import twin.http.model.Drifts;

/** Torque has drifted; the score cannot be compared yet; nothing is known of other types. */
final class TestDrifts implements Drifts {

  static final Instant TO = Instant.parse("2025-11-07T15:00:00Z");

  @Override
  public CompletionStage<DriftReport> ofType(String type) {
    return CompletableFuture.completedFuture(
        type.equals("milling") ? milling(null) : unknown(type, null));
  }

  @Override
  public CompletionStage<DriftReport> ofMachine(MachineState machine) {
    return CompletableFuture.completedFuture(milling(machine.machineId()));
  }

  private static DriftReport unknown(String type, @Nullable String machineId) {
    return new DriftReport(
        type,
        "",
        machineId,
        TO,
        TO,
        0,
        List.of(),
        new Quality(List.of(), new Quality.Interval(0, Double.NaN, Double.NaN)));
  }

  private static DriftReport milling(@Nullable String machineId) {
    Drift torque =
        new Drift(
            new Measure(Measure.Kind.INPUT, "torque_nm"),
            new Bins(List.of(23.7, 40.0, 54.8), List.of(0.05, 0.45, 0.45, 0.05)),
            Drift.Reference.QUANTILES,
            new Divergence(1000, 0.41, 0.02, 0.3, 0.06, List.of(0.01, 0.19, 0.6, 0.2)),
            Drift.Verdict.DRIFT,
            machineId == null ? TO : null);
    Drift score =
        new Drift(
            Measure.SCORE,
            new Bins(List.of(1.0), List.of()),
            Drift.Reference.FIRST_WINDOW,
            new Divergence(
                1000,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                List.of(0.99, 0.01)),
            Drift.Verdict.UNKNOWN,
            null);
    return new DriftReport(
        "milling",
        "1.0.0",
        machineId,
        TO.minusSeconds(86_400),
        TO,
        1000,
        List.of(torque, score),
        new Quality(
            List.of(new Quality.OfChannel("torque_nm", 1000, 10, 0, 5, 5)),
            new Quality.Interval(998, 1.0, 0.05)));
  }
}
