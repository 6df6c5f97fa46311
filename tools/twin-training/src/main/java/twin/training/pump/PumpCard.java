package twin.training.pump;

import java.util.Map;

/** Writes the card that tells people what is in the bundle. */
final class PumpCard {

  private PumpCard() {}

  static String write(
      String version,
      long seed,
      PumpEvaluation evaluation,
      ProtocolFigures quiet,
      Map<String, Double> thresholds) {
    return "# pump:" + version + "\n" + seed + evaluation.pooled() + quiet + thresholds;
  }
}
