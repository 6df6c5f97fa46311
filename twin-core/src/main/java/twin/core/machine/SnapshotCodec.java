package twin.core.machine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertBook;
import twin.core.feature.Calibration;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.reading.Identities;
import twin.core.type.MachineType;

/**
 * Turns a twin's state into the bytes of a snapshot and back, also for the way between nodes. What
 * can be derived is left out. Safe for use by many threads.
 */
public final class SnapshotCodec {

  /** Manifest of the present layout. */
  public static final String MANIFEST = "state";

  private static final ObjectMapper MAPPER =
      JournalMapper.create(
          CBORFactory.builder().enable(CBORGenerator.Feature.WRITE_MINIMAL_INTS).build());

  private SnapshotCodec() {}

  private record Saved(
      String machineId,
      long revision,
      EventHash head,
      Instant recordedAt,
      @Nullable Instant lastReadingAt,
      Description description,
      boolean registered,
      boolean retired,
      @Nullable MachineType definition,
      @Nullable ModelProfile model,
      @Nullable ModelProfile shadow,
      Identities.Parts identities,
      ReadingWindow window,
      MachineState.@Nullable Latest latest,
      @Nullable Assessment assessment,
      Calibration calibration,
      AlertBook alerts,
      MachineEvent.@Nullable HealthChanged health,
      long readings,
      @Nullable OpenPeriod period) {}

  /** The state as bytes. */
  public static byte[] encode(MachineState state) {
    Definition definition = state.definition();
    try {
      return MAPPER.writeValueAsBytes(
          new Saved(
              state.machineId(),
              state.revision(),
              state.head(),
              state.recordedAt(),
              state.lastReadingAt(),
              state.description(),
              state.registered(),
              state.retired(),
              definition == null ? null : definition.type(),
              state.model(),
              state.shadow(),
              state.identities().parts(),
              state.window(),
              state.latest(),
              state.assessment(),
              state.calibration(),
              state.alerts(),
              state.health(),
              state.readings(),
              state.period().span().isEmpty() ? null : state.period()));
    } catch (IOException e) {
      throw new UncheckedIOException("could not encode the state of " + state.machineId(), e);
    }
  }

  /**
   * In what stored bytes say something else than a state, by the names of the members; empty when
   * they say the same. Layouts of other versions are compared by what this version reads in them.
   *
   * @throws UncheckedIOException when the bytes are no state
   */
  public static NavigableSet<String> differences(byte[] stored, MachineState state) {
    try {
      byte[] expected = encode(state);
      NavigableSet<String> differences = differences(stored, expected);
      return differences.isEmpty() ? differences : differences(encode(decode(stored)), expected);
    } catch (IOException e) {
      throw new UncheckedIOException("a snapshot is broken", e);
    }
  }

  /** By name, since the order in which a map's entries are written is left to chance. */
  private static NavigableSet<String> differences(byte[] left, byte[] right) throws IOException {
    NavigableSet<String> differences = new TreeSet<>();
    if (Arrays.equals(left, right)) {
      return differences;
    }
    JsonNode one = MAPPER.readTree(left);
    JsonNode other = MAPPER.readTree(right);
    one.fieldNames().forEachRemaining(differences::add);
    other.fieldNames().forEachRemaining(differences::add);
    differences.removeIf(name -> one.path(name).equals(other.path(name)));
    return differences;
  }

  /**
   * The state from bytes.
   *
   * @throws UncheckedIOException when they are no state
   */
  public static MachineState decode(byte[] encoded) {
    try {
      Saved saved = MAPPER.readValue(encoded, Saved.class);
      return new MachineState(
          saved.machineId,
          saved.revision,
          saved.head,
          saved.recordedAt,
          saved.lastReadingAt,
          saved.description,
          saved.registered,
          saved.retired,
          saved.definition == null ? null : new Definition(saved.definition),
          saved.model,
          saved.shadow,
          Identities.of(saved.identities),
          saved.window,
          saved.latest,
          saved.assessment,
          saved.calibration,
          saved.alerts,
          saved.health,
          saved.readings,
          saved.period == null ? OpenPeriod.NONE : saved.period);
    } catch (IOException e) {
      throw new UncheckedIOException("a snapshot is broken", e);
    }
  }
}
