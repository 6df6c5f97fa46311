package twin.training.lived;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import twin.training.onnx.Matrix;

/**
 * Readings with their features and what came of them. Features are kept in single precision, as
 * models are asked with them; NaN is an absent one. Not thread-safe while it grows.
 */
public final class Examples {
  private static final int GROWTH = 1024;

  private final List<String> features;
  private final int rowsMax;
  private final MessageDigest digest;
  private final List<String> machines = new ArrayList<>();
  private final List<String> modes = new ArrayList<>();
  private float[] values;
  private int[] machine = new int[GROWTH];
  private long[] seconds = new long[GROWTH];
  private int[] mode = new int[GROWTH];
  private float[] remaining = new float[GROWTH];
  private int size;

  /**
   * None yet.
   *
   * @param features names of the columns
   * @param rowsMax more are refused
   */
  public Examples(List<String> features, int rowsMax) {
    this.features = List.copyOf(features);
    this.rowsMax = rowsMax;
    this.values = new float[GROWTH * features.size()];
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }

  /** Takes a reading. */
  public void add(String machineId, Instant at, Label label, float[] row) {
    if (size == rowsMax) {
      throw new IllegalArgumentException(
          "there are more than %d readings to learn from; take fewer with --sample N or a shorter"
                  .formatted(rowsMax)
              + " time");
    }
    if (size == mode.length) {
      int larger = Math.min(rowsMax, 2 * size);
      values = Arrays.copyOf(values, larger * features.size());
      machine = Arrays.copyOf(machine, larger);
      seconds = Arrays.copyOf(seconds, larger);
      mode = Arrays.copyOf(mode, larger);
      remaining = Arrays.copyOf(remaining, larger);
    }
    machine[size] = position(machines, machineId);
    seconds[size] = at.getEpochSecond();
    mode[size] = label.kind() == Label.Kind.NORMAL ? -1 : position(modes, label.mode());
    remaining[size] = (float) label.remaining();
    System.arraycopy(row, 0, values, size * features.size(), row.length);
    size++;
    digest(machineId, at, label, row);
  }

  private static int position(List<String> names, String name) {
    int position = names.indexOf(name);
    if (position < 0) {
      names.add(name);
      return names.size() - 1;
    }
    return position;
  }

  private void digest(String machineId, Instant at, Label label, float[] row) {
    byte[] words = (machineId + "\n" + label.mode() + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(words.length + 20 + 4 * row.length);
    bytes.put(words).putLong(at.getEpochSecond()).putInt(at.getNano());
    bytes.putDouble(label.remaining());
    for (float value : row) {
      bytes.putFloat(value);
    }
    digest.update(bytes.array());
  }

  /** Digest of everything that was taken, in hexadecimal. */
  public String sha256() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("SHA-256 can be cloned in every Java runtime", e);
    }
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** The names of all features. */
  public List<String> features() {
    return features;
  }

  /** The failures that came, in order of appearance. */
  public List<String> modes() {
    return List.copyOf(modes);
  }

  /** The machine of a row, as a number from 0 on. */
  public int machine(int row) {
    return machine[row];
  }

  /** How many machines there are. */
  public int machines() {
    return machines.size();
  }

  /** When a row was read, in seconds since 1970. */
  public long seconds(int row) {
    return seconds[row];
  }

  /** The failure that was near; empty where none was. */
  public String mode(int row) {
    return mode[row] < 0 ? "" : modes.get(mode[row]);
  }

  /** How much life was left, in the unit of the type; NaN where it is not known. */
  public float remaining(int row) {
    return remaining[row];
  }

  /** A feature of a row; NaN where it is absent. */
  public float value(int row, int feature) {
    return values[row * features.size() + feature];
  }

  /** The named features of some rows. */
  public Matrix matrix(List<String> names, int[] rows) {
    int[] columns = names.stream().mapToInt(features::indexOf).toArray();
    float[] chosen = new float[rows.length * columns.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        chosen[i * columns.length + j] = value(rows[i], columns[j]);
      }
    }
    return new Matrix(chosen, rows.length, columns.length);
  }

  /** The rows for which something holds. */
  public int[] rows(IntPredicate wanted) {
    return IntStream.range(0, size).filter(wanted).toArray();
  }
}
