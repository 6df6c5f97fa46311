package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SimulatedMachineTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void seqGrowsByOneAndTimestampsFollowTheClock() {
    var machine = machine(1);

    List<Reading> readings = read(machine, 3);

    assertThat(readings).extracting(Reading::seq).containsExactly(100L, 101L, 102L);
    assertThat(readings)
        .extracting(Reading::timestamp)
        .containsExactly(START, START.plusSeconds(1), START.plusSeconds(2));
  }

  @Test
  void timestampsGrowAlsoWhenTheClockStandsStillOrIsSetBack() {
    var machine = machine(1);

    Instant first = read(machine, START.plusNanos(999_999)).timestamp();
    Instant second = read(machine, START).timestamp();
    Instant third = read(machine, START.minusSeconds(60)).timestamp();

    assertThat(List.of(first, second, third))
        .containsExactly(START, START.plusMillis(1), START.plusMillis(2));
  }

  @Test
  void machinesOfOneFleetDifferAndAreTheSameInEveryRun() {
    assertThat(channels(machine(1)))
        .isEqualTo(channels(machine(1)))
        .isNotEqualTo(channels(machine(2)));
    Set<Long> seeds = new HashSet<>();
    IntStream.range(0, 10_000).forEach(number -> seeds.add(Seeds.of(1, number)));
    assertThat(seeds).hasSize(10_000);
  }

  @Test
  void aProfileEndsWithItsTime() {
    var machine = machine(1);

    machine.setProfile("overstrain", START.plusSeconds(5));

    assertThat(machine.profile(START)).isEqualTo("overstrain");
    assertThat(machine.profile(START.plusMillis(4_999))).isEqualTo("overstrain");
    assertThat(machine.profile(START.plusSeconds(5))).isEqualTo("normal");
  }

  @Test
  void aProfileWithoutAnEndStaysUntilItIsSetAgain() {
    var machine = machine(1);

    machine.setProfile("tool_wear", null);
    assertThat(machine.profile(START.plusSeconds(1_000_000))).isEqualTo("tool_wear");

    machine.setProfile("normal", null);
    assertThat(machine.profile(START)).isEqualTo("normal");
  }

  @Test
  void aSensorFaultIsStuckThenMissingThenOutOfRangeThenText() {
    var machine = machine(2);
    machine.setProfile("sensor_fault", null);

    List<Reading> readings = read(machine, 5 * SensorFault.READINGS_EACH);

    assertThat(torques(readings, 0)).doesNotContainNull().containsOnly(torques(readings, 0).get(0));
    assertThat(readings.subList(SensorFault.READINGS_EACH, 2 * SensorFault.READINGS_EACH))
        .noneMatch(reading -> reading.channels().containsKey("torque_nm"));
    assertThat(torques(readings, 2))
        .containsOnly(new ChannelValue.Measured(BigDecimal.valueOf(65_535)));
    assertThat(torques(readings, 3)).containsOnly(new ChannelValue.Text("ERR"));
    assertThat(torques(readings, 4)).isEqualTo(torques(readings, 0));
  }

  @Test
  void afterASensorFaultTheSensorIsWholeAgain() {
    var machine = machine(2);
    machine.setProfile("sensor_fault", START.plusSeconds(20));

    List<Reading> readings = read(machine, 40);

    assertThat(readings.get(19).channels()).doesNotContainKey("torque_nm");
    assertThat(readings.subList(20, 40)).allMatch(r -> r.channels().size() == 5);
    assertThat(readings.subList(20, 40).stream().map(r -> r.channels().get("torque_nm")).distinct())
        .hasSizeGreaterThan(10);
  }

  private static List<ChannelValue> torques(List<Reading> readings, int part) {
    return readings.stream()
        .skip((long) part * SensorFault.READINGS_EACH)
        .limit(SensorFault.READINGS_EACH)
        .map(reading -> reading.channels().get("torque_nm"))
        .toList();
  }

  private static SimulatedMachine<?> machine(int number) {
    return new SimulatedMachine<>(
        SimulatedType.MILLING, "machine-" + number, number, 42, 100, "normal");
  }

  private static List<Object> channels(SimulatedMachine<?> machine) {
    return read(machine, 20).stream().<Object>map(Reading::channels).toList();
  }

  private static List<Reading> read(SimulatedMachine<?> machine, int count) {
    return IntStream.range(0, count)
        .mapToObj(second -> read(machine, START.plusSeconds(second)))
        .toList();
  }

  private static Reading read(SimulatedMachine<?> machine, Instant now) {
    return machine.read(now, id -> {}).orElseThrow();
  }
}
