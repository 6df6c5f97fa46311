package twin.training.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import twin.training.quality.RulFigures.Prediction;

final class RulFiguresTest {

  @Test
  void agreesWithFiguresWorkedOutByHand() {
    RulFigures figures =
        RulFigures.of(
            List.of(
                new Prediction(10, 20, 30, 30),
                new Prediction(40, 60, 70, 73),
                new Prediction(100, 130, 140, 140)));
    assertThat(figures.predictions()).isEqualTo(3);
    assertThat(figures.rmse()).isCloseTo(Math.sqrt((100 + 169 + 100) / 3.0), within(1e-12));
    assertThat(figures.rmseCapped()).isCloseTo(Math.sqrt((100 + 169) / 3.0), within(1e-12));
    assertThat(figures.mae()).isCloseTo(11, within(1e-12));
    double early = Math.exp(10 / 13.0) - 1;
    assertThat(figures.phm08()).isCloseTo(2 * early + Math.E - 1, within(1e-12));
    assertThat(figures.phm08Capped()).isCloseTo(early + Math.E - 1, within(1e-12));
    assertThat(figures.coverage()).isCloseTo(0.5, within(1e-12));
    assertThat(figures.meanBandWidth()).isCloseTo(30, within(1e-12));
  }

  @Test
  void countsLateAsWorseThanEarly() {
    RulFigures late = RulFigures.of(List.of(new Prediction(0, 30, 40, 20)));
    RulFigures early = RulFigures.of(List.of(new Prediction(0, 10, 40, 20)));
    assertThat(late.phm08()).isCloseTo(Math.E - 1, within(1e-12)).isGreaterThan(early.phm08());
  }

  @Test
  void hasNoCoverageWhereEveryTruthIsAboveTheCap() {
    assertThat(RulFigures.of(List.of(new Prediction(1, 2, 3, 130))).coverage()).isNaN();
    assertThatIllegalArgumentException().isThrownBy(() -> RulFigures.of(List.of()));
  }
}
