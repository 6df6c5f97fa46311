package twin.http.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One board for all listeners, of whom each reads as fast as it can. */
final class LiveStatesTest {

  private static final LiveStates.Wanted EVERYTHING =
      new LiveStates.Wanted(Optional.empty(), site -> true);

  private final LiveStates states = new LiveStates(100);
  private final AtomicInteger encoded = new AtomicInteger();

  LiveStatesTest() {
    states.open(true);
  }

  private void change(String machineId, @Nullable String site, String state) {
    states.offer(
        () ->
            new LiveChange(
                machineId,
                site,
                () -> {
                  encoded.incrementAndGet();
                  return state.getBytes(StandardCharsets.UTF_8);
                }));
  }

  /** A listener that remembers what it was told. */
  private final class Listener {
    private final List<String> told = new ArrayList<>();
    private final LiveStates.Wanted wanted;
    private LiveStates.Place place = states.now();
    private long dropped;

    Listener(LiveStates.Wanted wanted) {
      this.wanted = wanted;
    }

    void take(int most) {
      LiveStates.Taken taken = states.take(place, wanted, most);
      place = taken.place();
      dropped += taken.dropped();
      taken.states().forEach(message -> told.add(message.json().utf8String()));
    }
  }

  @Test
  void tellsEachListenerTheNewestOfEachMachineAndEncodesItOnce() {
    List<Listener> listeners =
        IntStream.range(0, 10).mapToObj(i -> new Listener(EVERYTHING)).toList();
    change("a", null, "a1");
    change("b", null, "b1");
    change("a", null, "a2");
    states.publish();
    listeners.forEach(listener -> listener.take(10));
    change("b", null, "b2");
    states.publish();
    listeners.forEach(listener -> listener.take(10));
    listeners.forEach(listener -> listener.take(10));
    assertThat(listeners)
        .allSatisfy(
            listener -> {
              assertThat(listener.told).containsExactly("a2", "b1", "b2");
              assertThat(listener.dropped).isZero();
            });
    assertThat(encoded).as("states that were encoded").hasValue(3);
  }

  @Test
  void aSlowListenerMissesStatesAndIsToldHowManyButComesRoundToEveryMachine() {
    Listener slow = new Listener(EVERYTHING);
    Listener fast = new Listener(EVERYTHING);
    int machines = 20;
    for (int tick = 1; tick <= 12; tick++) {
      for (int machine = 0; machine < machines; machine++) {
        change("m" + machine, null, "m%d@%d".formatted(machine, tick));
      }
      states.publish();
      fast.take(1000);
      slow.take(5);
    }
    assertThat(fast.told).hasSize(12 * machines).doesNotHaveDuplicates();
    assertThat(fast.dropped).isZero();
    assertThat(slow.told.stream().map(told -> told.replaceFirst("@.*", "")).distinct())
        .as("machines that the slow one has heard of")
        .hasSize(machines);
    while (slow.place.tick() < states.tick()) {
      slow.take(5);
    }
    assertThat(slow.told.subList(slow.told.size() - machines, slow.told.size()))
        .as("at last the newest state of each")
        .allMatch(told -> told.endsWith("@12"));
    assertThat(slow.dropped).isPositive();
    // What it was told twice, in one round and again in the next, is not missing.
    assertThat(slow.told.stream().distinct().count() + slow.dropped)
        .isGreaterThanOrEqualTo(12L * machines);
  }

  @Test
  void countsEveryStateThatIsMissedAndNoneThatIsNot() {
    Listener asleep = new Listener(EVERYTHING);
    Listener ofOne = new Listener(new LiveStates.Wanted(Optional.of("a"), site -> true));
    for (int tick = 1; tick <= 10; tick++) {
      change("a", null, "a" + tick);
      if (tick % 2 == 0) {
        change("b", null, "b" + tick);
      }
      states.publish();
    }
    asleep.take(10);
    ofOne.take(10);
    assertThat(asleep.told).containsExactlyInAnyOrder("a10", "b10");
    assertThat(asleep.dropped).isEqualTo(9 + 4);
    assertThat(ofOne.told).containsExactly("a10");
    assertThat(ofOne.dropped).isEqualTo(9);
    // Longer ago than is known: at least as many as are known.
    for (int tick = 0; tick < 100; tick++) {
      change("a", null, "later");
      states.publish();
    }
    ofOne.take(10);
    assertThat(ofOne.dropped).isEqualTo(9 + 63);
  }

  @Test
  void tellsOnlyOfTheSitesThatAreSeenAndKeepsNoMoreMachinesThanItMay() {
    Listener north = new Listener(new LiveStates.Wanted(Optional.empty(), "north"::equals));
    Listener one = new Listener(new LiveStates.Wanted(Optional.of("s"), "north"::equals));
    change("n", "north", "n1");
    change("s", "south", "s1");
    change("x", null, "x1");
    states.publish();
    north.take(10);
    one.take(10);
    assertThat(north.told).containsExactly("n1");
    assertThat(one.told).isEmpty();
    Listener all = new Listener(EVERYTHING);
    for (int machine = 0; machine < 150; machine++) {
      change("many-" + machine, null, "state");
    }
    states.publish();
    all.take(1000);
    assertThat(all.told).hasSize(100);
    assertThat(all.dropped).isEqualTo(50);
    change("new", null, "new");
    states.publish();
    all.take(1000);
    assertThat(all.told).hasSize(101).endsWith("new");
    assertThat(all.dropped).isEqualTo(50);
  }
}
