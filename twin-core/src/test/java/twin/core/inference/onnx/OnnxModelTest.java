package twin.core.inference.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.onnx.OnnxException.Reason;

final class OnnxModelTest {
  private static final OnnxSettings SETTINGS =
      new OnnxSettings(2, Duration.ofSeconds(20), 8L << 20, 1000);
  private static final int COLUMNS = 7;

  @Test
  void givesTheSameBitsForRowsAloneAndInABatch() throws OnnxException {
    for (int outputs : new int[] {1, 3}) {
      byte[] file = OnnxBytes.randomTrees(200, 6, COLUMNS, outputs, 1);
      try (OnnxModel model = OnnxModel.load("trees", file, SETTINGS)) {
        assertThat(model.columns()).isEqualTo(COLUMNS);
        assertThat(model.outputs()).isEqualTo(outputs);
        for (int rowCount : new int[] {1, 2, 10, 100, 1000}) {
          float[] rows = randomRows(rowCount, rowCount);
          float[] batch = model.run(rows, rowCount);
          assertThat(batch).hasSize(rowCount * outputs);
          assertThat(bits(batch)).isEqualTo(bits(oneByOne(model, rows, rowCount)));
        }
      }
    }
  }

  @Test
  void givesTheSameBitsInTwoThreads() throws Exception {
    byte[] file = OnnxBytes.randomTrees(50, 6, COLUMNS, 1, 2);
    try (OnnxModel model = OnnxModel.load("trees", file, SETTINGS);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      float[] rows = randomRows(500, 3);
      int[] alone = bits(model.run(rows, 500));
      CountDownLatch start = new CountDownLatch(1);
      List<Future<int[]>> runs = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        runs.add(
            threads.submit(
                () -> {
                  start.await();
                  return bits(oneByOne(model, rows, 500));
                }));
      }
      start.countDown();
      for (Future<int[]> run : runs) {
        assertThat(run.get()).isEqualTo(alone);
      }
    }
  }

  @Test
  void leavesNoNativeArrayBehind() throws OnnxException {
    byte[] file = OnnxBytes.randomTrees(5, 3, COLUMNS, 2, 4);
    OnnxModel model = OnnxModel.load("trees", file, SETTINGS);
    assertThat(model.openArrays()).isZero();
    for (int run = 0; run < 1000; run++) {
      model.run(randomRows(3, run), 3);
    }
    assertThat(model.openArrays()).isZero();
    model.close();
    assertThat(model.openArrays()).isZero();
  }

  @Test
  void refusesToRunOnceClosedAndClosesTwice() throws OnnxException {
    byte[] file = OnnxBytes.randomTrees(5, 3, COLUMNS, 1, 5);
    OnnxModel model = OnnxModel.load("trees", file, SETTINGS);
    model.close();
    model.close();
    assertRefused(Reason.CLOSED, () -> model.run(new float[COLUMNS], 1));
  }

  @Test
  void waitsForRunsUnderWayBeforeItCloses() throws Exception {
    byte[] file = OnnxBytes.randomTrees(200, 8, COLUMNS, 1, 6);
    float[] rows = randomRows(1000, 6);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 20; round++) {
        OnnxModel model = OnnxModel.load("trees", file, SETTINGS);
        int[] expected = bits(model.run(rows, 1000));
        CountDownLatch running = new CountDownLatch(2);
        List<Future<Integer>> runs = new ArrayList<>();
        for (int thread = 0; thread < 2; thread++) {
          runs.add(threads.submit(() -> runUntilClosed(model, rows, expected, running)));
        }
        running.await();
        model.close();
        for (Future<Integer> run : runs) {
          assertThat(run.get()).isPositive();
        }
      }
    }
  }

  @Test
  void refusesRowsOfTheWrongShape() throws OnnxException {
    byte[] file = OnnxBytes.randomTrees(5, 3, COLUMNS, 1, 7);
    try (OnnxModel model = OnnxModel.load("trees", file, SETTINGS)) {
      assertRefused(Reason.WRONG_SHAPE, () -> model.run(new float[COLUMNS - 1], 1));
      assertRefused(Reason.WRONG_SHAPE, () -> model.run(new float[COLUMNS], 2));
      assertRefused(Reason.WRONG_SHAPE, () -> model.run(new float[0], 0));
      assertRefused(Reason.TOO_LARGE, () -> model.run(new float[1001 * COLUMNS], 1001));
    }
  }

  @Test
  void refusesFilesThatCannotBeTrusted(@TempDir Path directory) throws IOException {
    byte[] trees = OnnxBytes.randomTrees(5, 3, COLUMNS, 1, 8);
    assertNotLoaded(Reason.MALFORMED, new byte[0]);
    assertNotLoaded(Reason.MALFORMED, "not a model at all".getBytes(UTF_8));
    assertNotLoaded(Reason.MALFORMED, Arrays.copyOf(trees, trees.length / 2));
    assertNotLoaded(Reason.UNSUPPORTED, OnnxBytes.oneOperator("NoSuchOperator", 3, 3));
    assertNotLoaded(Reason.WRONG_SHAPE, OnnxBytes.oneOperator("Identity", 0, 3));
    assertNotLoaded(Reason.TOO_LARGE, new byte[(8 << 20) + 1]);

    Path large = directory.resolve("large.onnx");
    Files.write(large, new byte[(8 << 20) + 1]);
    assertRefused(Reason.TOO_LARGE, () -> OnnxModel.load(large, SETTINGS));
    assertRefused(Reason.MALFORMED, () -> OnnxModel.load(directory.resolve("none.onnx"), SETTINGS));
  }

  @Test
  void refusesTreesThatReadPastTheEndOfARow() {
    byte[] trees = OnnxBytes.randomTrees(5, 3, COLUMNS, 1, 9);
    byte[] narrow = OnnxBytes.randomTrees(5, 3, COLUMNS - 3, 1, 9);
    assertThat(trees).isNotEqualTo(narrow);
    // The declared width is the only byte of value COLUMNS that follows the dimension's key.
    byte[] lying = trees.clone();
    for (int i = 1; i < lying.length - 1; i++) {
      if (lying[i - 1] == 2 && lying[i] == 8 && lying[i + 1] == COLUMNS) {
        lying[i + 1] = 2;
      }
    }
    assertThat(lying).isNotEqualTo(trees);
    assertNotLoaded(Reason.WRONG_SHAPE, lying);
  }

  @Test
  void leavesNoFilesInTheTemporaryDirectory() throws Exception {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    byte[] file = OnnxBytes.randomTrees(5, 3, COLUMNS, 1, 10);
    OnnxModel.load("warm", file, SETTINGS).close();
    long before = modelDirectories(temporary);
    OnnxModel.load("trees", file, SETTINGS).close();
    assertThat(modelDirectories(temporary)).isEqualTo(before);
  }

  private static long modelDirectories(Path temporary) throws IOException {
    try (var files = Files.list(temporary)) {
      return files.filter(file -> file.getFileName().toString().startsWith("ort-model")).count();
    }
  }

  private static int runUntilClosed(
      OnnxModel model, float[] rows, int[] expected, CountDownLatch running) {
    int runs = 0;
    while (true) {
      try {
        assertThat(bits(model.run(rows, 1000))).isEqualTo(expected);
        if (runs++ == 0) {
          running.countDown();
        }
      } catch (OnnxException e) {
        assertThat(e.reason()).isEqualTo(Reason.CLOSED);
        return runs;
      }
    }
  }

  private static void assertNotLoaded(Reason reason, byte[] file) {
    assertRefused(reason, () -> OnnxModel.load("model", file, SETTINGS));
  }

  private static void assertRefused(Reason reason, ThrowingCallable call) {
    assertThatExceptionOfType(OnnxException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }

  private static float[] oneByOne(OnnxModel model, float[] rows, int rowCount)
      throws OnnxException {
    float[] all = new float[rowCount * model.outputs()];
    for (int row = 0; row < rowCount; row++) {
      float[] one = Arrays.copyOfRange(rows, row * COLUMNS, (row + 1) * COLUMNS);
      System.arraycopy(model.run(one, 1), 0, all, row * model.outputs(), model.outputs());
    }
    return all;
  }

  private static float[] randomRows(int rowCount, long seed) {
    Random random = new Random(seed);
    float[] rows = new float[rowCount * COLUMNS];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = random.nextInt(50) == 0 ? Float.NaN : random.nextFloat();
    }
    return rows;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
