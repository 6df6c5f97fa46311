package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PaceTest {

  private static final int MOST = 10_000;

  private final Pace pace = new Pace(Duration.ofMillis(500), MOST);

  @Test
  void growsToTheMostWhileRoundsAreShort() {
    for (int round = 0; round < 10; round++) {
      pace.took(pace.readings(), millis(20));
    }
    assertThat(pace.readings()).isEqualTo(MOST);
  }

  @Test
  void staysWhereLittleComes() {
    int before = pace.readings();
    for (int round = 0; round < 10; round++) {
      pace.took(1, millis(5));
    }
    assertThat(pace.readings()).isEqualTo(before);
  }

  @Test
  void findsWhatFitsIntoARound() {
    long seed = 20261122;
    Random random = new Random(seed);
    for (int perSecond : new int[] {200, 1_000, 5_000, 15_000}) {
      for (int round = 0; round < 100; round++) {
        int taken = pace.readings();
        double noisy = perSecond * (0.7 + 0.6 * random.nextDouble());
        double seconds = taken / noisy;
        assertThat(round < 30 || seconds < 1.5).as("seed %s: %s s", seed, seconds).isTrue();
        pace.took(taken, (long) (seconds * 1e9));
      }
      assertThat(pace.readings()).isBetween(perSecond / 8, perSecond);
    }
  }

  @Test
  void isNeverSlowerThanTheLeastNorFasterThanTheMost() {
    for (int round = 0; round < 100; round++) {
      pace.took(pace.readings(), Duration.ofMinutes(1).toNanos());
    }
    assertThat(pace.readings()).isEqualTo(32);
    Pace narrow = new Pace(Duration.ofMillis(500), 5);
    narrow.took(5, Duration.ofMinutes(1).toNanos());
    narrow.took(5, 1);
    assertThat(narrow.readings()).isEqualTo(5);
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
