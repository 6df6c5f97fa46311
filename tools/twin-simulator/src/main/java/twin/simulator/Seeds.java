package twin.simulator;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Where everything random in the simulator comes from. */
final class Seeds {
  private static final String ALGORITHM = "L64X128MixRandom";

  private Seeds() {}

  /** Neighbouring numbers give unrelated seeds (the finaliser of SplitMix64). */
  static long of(long seed, int number) {
    long z = seed + number * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The same seed gives the same numbers on every platform. */
  static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of(ALGORITHM).create(seed);
  }
}
