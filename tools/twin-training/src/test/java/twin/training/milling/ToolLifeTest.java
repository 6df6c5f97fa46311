package twin.training.milling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ToolLifeTest {

  @Test
  void endsAToolWhereTheWearFallsAndCensorsTheLastOne() {
    MillingRecording recording =
        new MillingRecording("", List.of(machine(1, 190, 205, 0, 3), machine(10, 7, 9)));
    assertThat(ToolLife.endWearMin(recording))
        .containsExactly(205, 205, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    assertThat(ToolLife.lastSeenWearMin(recording)).containsExactly(205, 205, 3, 3, 9, 9);
  }

  @Test
  void standsInOnlyWithEndsBeyondTheWearThatWasSeen() {
    double[] observed = {200, 210, 220, 230, 240};
    assertThat(RulModel.standIns(observed, 100)).hasSize(9).contains(220).isSorted();
    assertThat(Arrays.stream(RulModel.standIns(observed, 225)).boxed())
        .hasSize(9)
        .allMatch(end -> end >= 230 && end <= 240);
    assertThat(RulModel.standIns(observed, 240)).isEmpty();
  }

  private static List<MillingRow> machine(int firstUdi, double... wear) {
    return IntStream.range(0, wear.length)
        .mapToObj(
            i -> new MillingRow(firstUdi + i, "L", 300, 310, 1500, 40, wear[i], false, Set.of()))
        .toList();
  }
}
