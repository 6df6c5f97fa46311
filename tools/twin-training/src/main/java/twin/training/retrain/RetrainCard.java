package twin.training.retrain;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import twin.training.quality.Reliability;

/** Writes the card that tells people what is in a retrained bundle. */
final class RetrainCard {

  private RetrainCard() {}

  static byte[] write(JsonNode report, List<Reliability.Bin> reliability) {
    JsonNode rows = report.path("rows");
    StringBuilder card = new StringBuilder();
    card.append(
        """
        # %s:%s

        Models of machines of type %s, trained from what their twins lived through from %s
        to %s. The time from %s to %s was held aside:
        nothing was learned from it, and every figure below was measured on it. Seed %s. %s has the
        settings, the counts, the validation of the data and the figures, for programs.

        ## What is in it

        %s: %s inputs, trained from %s readings. The anomaly score is the distance from normal
        readings along their principal components, about 1 where nothing is unusual. The
        probability of each failure comes from gradient-boosted trees, in which the rare failures
        counted as much as the normal readings, and was calibrated afterwards on weeks of machines
        that the trees had not seen; that of any failure takes them as independent. Remaining life
        is there where enough lives were seen to end in a failure; lives that did not are left out
        of it. Not learned for want of examples: %s.

        ## What was taken to be so

        A machine was failing from %s %s before a failure that was repaired on, and from its alert
        on, until it was repaired; and while an alert held that somebody judged to be real. While
        an alert held that nobody judged, nothing was learned or measured. Everything else was
        taken to be normal, also where somebody forgot to record a failure.

        | rows | normal | failing |
        |---|---|---|
        | learned from | %s | %s |
        | held aside | %s | %s |

        ## Figures, on the time held aside

        """
            .formatted(
                report.path("type").asText(),
                report.at("/bundle/version").asText(),
                report.path("type").asText(),
                rows.path("learned_from").asText(),
                rows.path("held_aside_from").asText(),
                rows.path("held_aside_from").asText(),
                rows.path("held_aside_to").asText(),
                report.at("/settings/seed").asText(),
                Retraining.REPORT_FILE,
                words(report.at("/bundle/parts")),
                report.at("/bundle/inputs").asText(),
                report.at("/bundle/rows").asText(),
                names(report.path("failures_not_learned")),
                report.at("/settings/horizon").asText(),
                report.at("/settings/horizon_unit").asText(),
                rows.at("/training/normal").asText(),
                failing(rows.path("training")),
                rows.at("/held_aside/normal").asText(),
                failing(rows.path("held_aside"))));
    JsonNode comparison = report.path("comparison");
    JsonNode challenger = comparison.path("challenger");
    JsonNode champion = comparison.path("champion");
    boolean compared = !champion.isMissingNode();
    card.append("| figure | this bundle |")
        .append(compared ? " %s, which decided |".formatted(champion.path("version").asText()) : "")
        .append('\n');
    card.append("|---|---|").append(compared ? "---|" : "").append('\n');
    TreeSet<String> figures = new TreeSet<>();
    challenger.fieldNames().forEachRemaining(figures::add);
    champion.fieldNames().forEachRemaining(figures::add);
    figures.remove("version");
    for (String figure : figures) {
      card.append("| ").append(figure).append(" | ").append(challenger.path(figure).asText("–"));
      card.append(compared ? " | " + champion.path(figure).asText("–") : "").append(" |\n");
    }
    card.append("\nBetter: ").append(comparison.path("better").asText());
    if (comparison.has("gain")) {
      card.append(
          ", by %s of %s (95 %% of samples drawn anew: %s to %s)"
              .formatted(
                  comparison.path("gain").asText(),
                  comparison.path("figure").asText(),
                  comparison.path("gain_95_low").asText(),
                  comparison.path("gain_95_high").asText()));
    }
    if (comparison.has("why")) {
      card.append(": ").append(comparison.path("why").asText());
    }
    card.append(".\n");
    if (!reliability.isEmpty()) {
      card.append(
          """

          ## Do the probabilities mean what they say

          | from | to | rows | mean predicted | came true |
          |---|---|---|---|---|
          """);
      for (Reliability.Bin bin : reliability) {
        card.append(
            String.format(
                Locale.ROOT,
                "| %.1f | %.1f | %d | %.3f | %.3f |%n",
                bin.from(),
                bin.to(),
                bin.rows(),
                bin.predicted(),
                bin.observed()));
      }
    }
    return card.toString().replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String words(JsonNode array) {
    return String.join(", ", array.valueStream().map(JsonNode::asText).toList());
  }

  private static String names(JsonNode object) {
    List<String> names = object.properties().stream().map(Map.Entry::getKey).toList();
    return names.isEmpty() ? "nothing" : String.join(", ", names);
  }

  private static long failing(JsonNode classes) {
    return classes.properties().stream()
        .filter(each -> !each.getKey().equals("normal"))
        .mapToLong(each -> each.getValue().asLong())
        .sum();
  }
}
