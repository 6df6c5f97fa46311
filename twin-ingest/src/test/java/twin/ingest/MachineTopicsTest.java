package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MachineTopicsTest {

  private final MachineTopics topics =
      new MachineTopics(
          List.of("twin/v1/machines/+/readings", "plant/+/+/temperature", "all/#", "fixed"));

  @Test
  void findsTheMachineAtTheFirstPlus() {
    assertThat(topics.machineIn("twin/v1/machines/press-7/readings")).isEqualTo("press-7");
    assertThat(topics.machineIn("plant/oven/north/temperature")).isEqualTo("oven");
    assertThat(topics.machineIn("twin/v1/machines//readings")).isEmpty();
  }

  @Test
  void findsNoneWhereTheFilterHasNone() {
    assertThat(topics.machineIn("all/of/it")).isNull();
    assertThat(topics.machineIn("fixed")).isNull();
    assertThat(topics.machineIn("twin/v1/machines/press-7/readings/more")).isNull();
    assertThat(topics.machineIn("twin/v1/machines/press-7")).isNull();
  }

  @Test
  void findsItBehindALevelForAllBelow() {
    assertThat(new MachineTopics(List.of("a/+/#")).machineIn("a/m/b/c")).isEqualTo("m");
    assertThat(new MachineTopics(List.of("a/+/#")).machineIn("a/m")).isEqualTo("m");
  }
}
