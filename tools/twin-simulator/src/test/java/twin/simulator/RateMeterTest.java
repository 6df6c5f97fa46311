package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateMeterTest {
  // The clock that the meter reads may begin anywhere, also below zero.
  private static final long START = -5_000_000_000L;
  private final RateMeter meter = new RateMeter(START);

  @Test
  void averagesTheWholeSecondsSoFar() {
    count(0.5, 4);
    assertThat(meter.perSecond(at(0.9))).isEqualTo(4);
    count(1.5, 2);
    count(2.5, 100);
    assertThat(meter.perSecond(at(2.9))).isEqualTo(3);
  }

  @Test
  void forgetsWhatIsOlderThanTenSeconds() {
    for (int second = 0; second < 30; second++) {
      count(second, second);
    }
    // Seconds 19 to 28 are whole; 29 is under way.
    assertThat(meter.perSecond(at(29.9))).isEqualTo(23.5);
    assertThat(meter.perSecond(at(1_000_000))).isZero();
  }

  private void count(double second, int times) {
    for (int i = 0; i < times; i++) {
      meter.count(at(second));
    }
  }

  private static long at(double second) {
    return START + (long) (second * TimeUnit.SECONDS.toNanos(1));
  }
}
