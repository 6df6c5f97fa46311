package twin.simulator;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A type of machine that can be simulated and replayed, with everything that differs from the other
 * types. Another type is another constant here and the classes that it names.
 *
 * @param <P> its profiles; the first is the one that a machine returns to
 */
public final class SimulatedType<P extends Enum<P>> {
  static final SimulatedType<MillingProfile> MILLING =
      new SimulatedType<>(
          "milling",
          "a milling machine",
          "machine",
          MillingProfile.class,
          MillingMachine::new,
          RecordedMilling::open,
          Duration.ofMinutes(1));

  static final SimulatedType<TurbofanProfile> TURBOFAN =
      new SimulatedType<>(
          "turbofan",
          "a turbofan engine",
          "engine",
          TurbofanProfile.class,
          TurbofanEngine::new,
          RecordedTurbofan::open,
          RecordedTurbofan.CYCLE);

  static final SimulatedType<PumpProfile> PUMP =
      new SimulatedType<>(
          "pump",
          "a pump",
          "pump",
          PumpProfile.class,
          (seed, number) -> new PumpMachine(seed),
          RecordedPump::open,
          Duration.ofSeconds(1));

  private static final List<SimulatedType<?>> ALL = List.of(MILLING, TURBOFAN, PUMP);

  /** Opens recorded data of a type. */
  interface Opener {
    Recorded open(Path path) throws IOException;
  }

  private final String name;
  private final String article;
  private final String idPrefix;
  private final Class<P> profiles;
  private final BiFunction<Long, Integer, MachineProcess<P>> process;
  private final Opener recorded;
  private final Duration rowInterval;

  private SimulatedType(
      String name,
      String article,
      String idPrefix,
      Class<P> profiles,
      BiFunction<Long, Integer, MachineProcess<P>> process,
      Opener recorded,
      Duration rowInterval) {
    this.name = name;
    this.article = article;
    this.idPrefix = idPrefix;
    this.profiles = profiles;
    this.process = process;
    this.recorded = recorded;
    this.rowInterval = rowInterval;
  }

  /** The names of all types. */
  public static List<String> names() {
    return ALL.stream().<String>map(SimulatedType::name).toList();
  }

  /**
   * The type of that name.
   *
   * @throws IllegalArgumentException with the names that there are
   */
  public static SimulatedType<?> of(String name) {
    return ALL.stream()
        .filter(type -> type.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no simulated machine of type '%s'; there are %s."
                        .formatted(name, String.join(", ", names()))));
  }

  /** The name used in readings and commands, for example {@code milling}. */
  public String name() {
    return name;
  }

  /** The names of its profiles, for example {@code heat_dissipation}; the first is normal. */
  public List<String> profileNames() {
    return profiles().map(SimulatedType::wireName).toList();
  }

  /**
   * The profile of that name.
   *
   * @throws IllegalArgumentException with the names that there are
   */
  P profile(String profileName) {
    return profiles()
        .filter(profile -> wireName(profile).equals(profileName))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no profile '%s'; %s has %s."
                        .formatted(
                            profileName,
                            article,
                            profiles()
                                .map(SimulatedType::wireName)
                                .collect(Collectors.joining(", ")))));
  }

  /** The profile that a machine returns to. */
  P normal() {
    return profiles().findFirst().orElseThrow();
  }

  static String wireName(Enum<?> profile) {
    return profile.name().toLowerCase(Locale.ROOT);
  }

  /** What the ids of its machines begin with unless something else is asked for. */
  String idPrefix() {
    return idPrefix;
  }

  MachineProcess<P> newProcess(long seed, int number) {
    return process.apply(seed, number);
  }

  /** Opens recorded data: a file, or for some types a folder of files. */
  Recorded open(Path path) throws IOException {
    return recorded.open(path);
  }

  /** What lies between two rows of recorded data in real time. */
  Duration rowInterval() {
    return rowInterval;
  }

  private Stream<P> profiles() {
    return Arrays.stream(profiles.getEnumConstants());
  }
}
