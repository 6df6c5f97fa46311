package twin.core.machine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import twin.core.reading.Reading;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineType;

/** Recorded readings as their device had sent them. */
public final class Submitting {

  private Submitting() {}

  /**
   * Readings that can be recorded again, in another life of the machine. What their type did not
   * know of them is gone.
   *
   * @param type the definition that they were recorded by
   */
  public static List<SubmittedReading> again(
      String machineId, MachineType type, List<AssessedReading> recorded) {
    return recorded.stream().map(each -> again(machineId, type, each.reading())).toList();
  }

  private static SubmittedReading again(String machineId, MachineType type, Reading reading) {
    Map<String, Double> numbers = new HashMap<>();
    for (int i = 0; i < type.channels().size() && i < reading.values().size(); i++) {
      double value = reading.values().get(i);
      if (!Double.isNaN(value)) {
        numbers.put(type.channels().get(i).name(), value);
      }
    }
    Map<String, String> texts = new HashMap<>(reading.invalid());
    for (int i = 0; i < type.attributes().size(); i++) {
      if (!reading.attribute(i).isEmpty()) {
        texts.put(type.attributes().get(i), reading.attribute(i));
      }
    }
    return new SubmittedReading(
        machineId, type.name(), reading.timestamp(), reading.seq(), null, numbers, texts);
  }
}
