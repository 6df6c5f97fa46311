package twin.training.turbofan;

import java.util.ArrayList;
import java.util.List;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.machine.MachineState;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.training.replay.ReplayedTwins;
import twin.training.sequence.Layout;
import twin.training.turbofan.TurbofanRecording.Engine;

/**
 * What a model can be trained from: for each cycle of engines that ran until they failed what their
 * twins knew just after it.
 *
 * <p>A row holds the twin's features, and after them the course of the deviations over the last
 * readings, as the twin hands them to a model.
 *
 * @param type the machine type
 * @param features names of the features
 * @param course names of what a row has of each of the last readings
 * @param lives of each engine
 */
record EngineLives(MachineType type, List<String> features, List<String> course, List<Life> lives) {
  static final int COURSE_READINGS = 30;

  /**
   * One engine's life.
   *
   * @param engine the engine
   * @param features by cycle
   * @param course by cycle, what the window keeps of it
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Life(Engine engine, float[][] features, float[][] course) {

    int cycles() {
      return features.length;
    }

    /** How many cycles remain after a row; 0 after the last. */
    int remaining(int row) {
      return cycles() - 1 - row;
    }
  }

  /** Names the features that a type's model reads: all that look at more than one reading. */
  static List<String> features(MachineType type) {
    return type.features().stream()
        .filter(feature -> !feature.kind().isOfOneReading())
        .map(FeatureSpec::name)
        .toList();
  }

  /** Names of what a type's model reads of each of the last readings. */
  static List<String> course(MachineType type) {
    return type.features().stream()
        .filter(feature -> feature.kind() == FeatureSpec.Kind.DEVIATION)
        .map(FeatureSpec::name)
        .toList();
  }

  /** Lets twins live through a recording and keeps what they knew. */
  static EngineLives of(TurbofanRecording recording) {
    try (ReplayedTwins twins = ReplayedTwins.withoutModels(TurbofanRecording.TYPE)) {
      MachineType type = twins.type();
      List<String> features = features(type);
      List<String> course = course(type);
      List<Life> lives = new ArrayList<>();
      for (Engine engine : recording.engines()) {
        lives.add(live(twins, engine, features, course));
      }
      return new EngineLives(type, features, course, List.copyOf(lives));
    }
  }

  private static Life live(
      ReplayedTwins twins, Engine engine, List<String> features, List<String> course) {
    List<float[]> featureRows = new ArrayList<>();
    List<float[]> courseRows = new ArrayList<>();
    for (MachineState state : twins.statesAfter(engine.readings())) {
      FeatureVector vector = ReplayedTwins.features(state);
      featureRows.add(row(features, vector));
      courseRows.add(newest(course, vector));
    }
    return new Life(
        engine, featureRows.toArray(float[][]::new), courseRows.toArray(float[][]::new));
  }

  private static float[] row(List<String> names, FeatureVector vector) {
    float[] row = new float[names.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) vector.get(names.get(i));
    }
    return row;
  }

  private static float[] newest(List<String> names, FeatureVector vector) {
    ReadingWindow window = vector.window();
    float[] row = new float[names.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) window.value(window.size() - 1, vector.columns().indexOf(names.get(i)));
    }
    return row;
  }

  /** How its rows are laid out. */
  Layout layout() {
    return new Layout(features.size(), COURSE_READINGS, course.size());
  }

  /** Writes a whole row as the twin hands it to a model. */
  void write(int life, int row, float[] into, int offset) {
    Life of = lives.get(life);
    System.arraycopy(of.features()[row], 0, into, offset, features.size());
    int at = offset + features.size();
    for (int reading = row + 1 - COURSE_READINGS; reading <= row; reading++) {
      System.arraycopy(of.course()[Math.max(0, reading)], 0, into, at, course.size());
      at += course.size();
    }
  }
}
