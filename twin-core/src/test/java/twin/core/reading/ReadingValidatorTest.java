package twin.core.reading;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;

final class ReadingValidatorTest {

  private static final MachineType TYPE =
      MachineTypeReader.read(
          "lathe",
          ConfigFactory.parseString(
              """
              channels = [
                {name = speed, min = 0, max = 100}
                {name = angle, min = -180, max = 180}
                {name = load}
              ]
              attributes = [variant, recipe]
              lateness-bound = 60s, future-bound = 60s, silence = 1m
              commissioning-readings = 0, gate-threshold = 6
              """));

  private static Reading validated(Map<String, Double> numbers, Map<String, String> texts) {
    return ReadingValidator.validate(submitted(numbers, texts), TYPE, false);
  }

  private static SubmittedReading submitted(
      Map<String, Double> numbers, Map<String, String> texts) {
    return new SubmittedReading("m-1", null, Instant.EPOCH, 7L, null, numbers, texts);
  }

  @Test
  void putsValuesAndAttributesByPositionAndLeavesAbsentOnesOut() {
    Reading reading = validated(Map.of("load", 3.0, "speed", 50.0), Map.of("recipe", "r9"));
    assertThat(reading.values()).isEqualTo(Values.of(50, Double.NaN, 3));
    assertThat(reading.values().has(1)).isFalse();
    assertThat(reading.attributes()).containsExactly("", "r9");
    assertThat(reading.qualities()).as("all good").isEmpty();
    assertThat(reading.ignored()).isZero();
    assertThat(reading.seq()).isEqualTo(7);
  }

  @Test
  void aValueOutsideItsRangeIsKeptAsBadAndNoFeatureSeesIt() {
    Reading reading = validated(Map.of("speed", 100.5, "angle", -180.0), Map.of());
    assertThat(reading.values().get(0)).isEqualTo(100.5);
    assertThat(reading.quality(0)).isEqualTo(Quality.BAD);
    assertThat(reading.trusted(0)).isNaN();
    assertThat(reading.quality(1)).as("the bounds belong to the range").isEqualTo(Quality.GOOD);
    assertThat(reading.trusted(1)).isEqualTo(-180);
  }

  @Test
  void aTextForAChannelIsKeptAsBad() {
    Reading reading = validated(Map.of("angle", 1.0), Map.of("speed", "n/a"));
    assertThat(reading.values().has(0)).isFalse();
    assertThat(reading.quality(0)).isEqualTo(Quality.BAD);
    assertThat(reading.invalid()).containsExactly(Map.entry("speed", "n/a"));
    assertThat(reading.ignored()).isZero();
  }

  @Test
  void countsMembersThatTheTypeDoesNotKnow() {
    Reading reading =
        validated(Map.of("speed", 1.0, "humidity", 2.0, "variant", 3.0), Map.of("color", "red"));
    assertThat(reading.ignored())
        .as("humidity, color, and an attribute that is a number")
        .isEqualTo(3);
  }

  @Test
  void minusZeroIsZero() {
    Reading reading = validated(Map.of("angle", -0.0), Map.of());
    assertThat(Double.doubleToRawLongBits(reading.values().get(1))).isZero();
  }

  @Test
  void anUncertainTimeMakesGoodValuesUncertainAndLeavesBadOnesBad() {
    Reading reading =
        ReadingValidator.validate(
            submitted(Map.of("speed", -1.0, "load", 5.0), Map.of()), TYPE, true);
    assertThat(reading.quality(0)).isEqualTo(Quality.BAD);
    assertThat(reading.quality(2)).isEqualTo(Quality.UNCERTAIN);
    assertThat(reading.quality(1)).as("nothing was measured").isEqualTo(Quality.GOOD);
    assertThat(reading.trusted(2)).as("uncertain values are seen").isEqualTo(5);
  }

  /** The journal leaves them out then, so what is read back must be equal to what was decided. */
  @Test
  void aReadingWithoutAttributesHasNone() {
    assertThat(validated(Map.of("speed", 1.0), Map.of()).attributes()).isEqualTo(List.of());
  }
}
