package twin.core.history;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/**
 * Errors of remaining life. What remained is known only when a life ends; until then the error of
 * an estimate is the end that it foretold less an end that is still unknown, so that sums and
 * squares are all that has to be kept.
 */
final class RemainingLifeErrors {

  /** How many lives are told one by one. */
  private static final int TOLD_MAX = 200;

  private final List<WhatIf.Life> told = new ArrayList<>();
  private long ends;
  private long counted;
  private double recordedSquares;
  private double candidateSquares;
  private double age;
  private @Nullable Instant begun;
  private @Nullable Instant newest;
  private Foretold foretold = new Foretold();

  private static final class Foretold {
    private long count;
    private double recorded;
    private double recordedSquares;
    private double candidate;
    private double candidateSquares;

    void add(double recordedEnd, double candidateEnd) {
      count++;
      recorded += recordedEnd;
      recordedSquares += recordedEnd * recordedEnd;
      candidate += candidateEnd;
      candidateSquares += candidateEnd * candidateEnd;
    }

    double recordedSquaresAround(double end) {
      return Math.max(0, recordedSquares - 2 * end * recorded + count * end * end);
    }

    double candidateSquaresAround(double end) {
      return Math.max(0, candidateSquares - 2 * end * candidate + count * end * end);
    }
  }

  void see(MachineType type, Reading reading, WhatIf.Opinion opinion) {
    double now = age(type, reading);
    if (now < age) {
      end();
    }
    age = now;
    newest = reading.timestamp();
    double recordedRul = opinion.recorded().rul();
    double candidateRul = opinion.candidate().rul();
    if (!Double.isNaN(recordedRul) && !Double.isNaN(candidateRul)) {
      foretold.add(age + recordedRul, age + candidateRul);
    }
  }

  /** How much of a life has passed, in the unit of remaining life. */
  private double age(MachineType type, Reading reading) {
    String clock = type.rulClock();
    if (clock != null) {
      double value = reading.trusted(type.indexOf(clock));
      return Double.isNaN(value) ? age : value;
    }
    if (begun == null) {
      begun = reading.timestamp();
    }
    double seconds = Duration.between(begun, reading.timestamp()).toNanos() / 1e9;
    return switch (type.rulUnit()) {
      case "s" -> seconds;
      case "min" -> seconds / 60;
      case "h" -> seconds / 3600;
      case "d" -> seconds / 86_400;
      default -> age + 1;
    };
  }

  void end() {
    Instant last = newest;
    if (foretold.count > 0 && last != null) {
      double recorded = foretold.recordedSquaresAround(age);
      double candidate = foretold.candidateSquaresAround(age);
      ends++;
      counted += foretold.count;
      recordedSquares += recorded;
      candidateSquares += candidate;
      if (told.size() < TOLD_MAX) {
        told.add(
            new WhatIf.Life(
                last,
                foretold.count,
                Math.sqrt(recorded / foretold.count),
                Math.sqrt(candidate / foretold.count)));
      }
    }
    age = 0;
    begun = null;
    foretold = new Foretold();
  }

  WhatIf.@Nullable RulError error(String unit) {
    return ends == 0
        ? null
        : new WhatIf.RulError(
            unit,
            ends,
            counted,
            Math.sqrt(recordedSquares / counted),
            Math.sqrt(candidateSquares / counted),
            told);
  }
}
