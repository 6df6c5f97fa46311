package twin.core.drift;

import java.util.Arrays;
import java.util.List;

/**
 * How far counts are from what is expected, and how far they would be by chance.
 *
 * <p>The population stability index is Σ (p − q) ln(p / q) over the bins, with p observed and q
 * expected: the divergence of Jeffreys (1946), in use under this name since credit scoring (N.
 * Siddiqi, "Credit Risk Scorecards", 2006), where under 0.1 counts as stable and from 0.25 on as
 * shifted. It is about χ²/n, so by chance alone it is as large as a quantile of χ² with one degree
 * less than there are bins, divided by n (B. Yurdakul, "Statistical Properties of Population
 * Stability Index", 2018).
 *
 * <p>Readings that follow one another are alike, and those of one machine are, so n readings say
 * less than n independent ones. How much less is measured: machines are divided into groups, and
 * what the groups differ by among each other is compared with what independent readings would (the
 * mean design effect of J. N. K. Rao and A. J. Scott, Journal of the American Statistical
 * Association 76, 1981). F takes the place of χ², for few groups tell it only roughly. Where there
 * are not enough machines, stretches of time take the place of groups, longer and longer ones, of
 * which the greatest effect counts (H. Flyvbjerg and H. G. Petersen, Journal of Chemical Physics
 * 91, 1989). What changes so slowly that a whole window sees one side of it only cannot be told
 * from drift.
 *
 * @param readings how many values were counted
 * @param psi population stability index
 * @param psiByChance what it stays below with a probability of 0.99997 while nothing has changed;
 *     infinite when that cannot be told
 * @param ks Kolmogorov–Smirnov statistic, 0 to 1
 * @param ksByChance the same for it
 * @param observed share of the values in each bin
 */
public record Divergence(
    long readings,
    double psi,
    double psiByChance,
    double ks,
    double ksByChance,
    List<Double> observed) {

  /** Fewer groups say nothing of how much they differ. */
  static final int UNITS_MIN = 8;

  /** A smaller share counts as this: its logarithm would tell of chance only. */
  private static final double SHARE_MIN = 0.01;

  /** Of the normal distribution, for 0.99997: many inputs are looked at, day after day. */
  private static final double Z = 4;

  /** Of Kolmogorov's distribution, for the same: sqrt(-ln(0.00003 / 2) / 2). */
  private static final double KOLMOGOROV = 2.357;

  public Divergence {
    observed = List.copyOf(observed);
  }

  /**
   * Compares counts.
   *
   * @param divisions the same counts by bin, divided into units in one or several ways, of which
   *     the one that shows the most counts
   * @param expected share of each bin
   * @param expectedFrom of how many values the expected shares are known; infinite when they are
   *     taken to be exact
   */
  static Divergence of(List<List<long[]>> divisions, List<Double> expected, double expectedFrom) {
    int bins = expected.size();
    long[] counts = new long[bins];
    for (long[] unit : divisions.getFirst()) {
      for (int bin = 0; bin < bins; bin++) {
        counts[bin] += unit[bin];
      }
    }
    long n = Arrays.stream(counts).sum();
    double[] shares = Arrays.stream(counts).mapToDouble(count -> (double) count / n).toArray();
    double independent = 1.0 / n + 1.0 / expectedFrom;
    double psiByChance = Double.NaN;
    double ksByChance = Double.NaN;
    for (List<long[]> division : divisions) {
      List<long[]> units =
          division.stream()
              .filter(unit -> Arrays.stream(unit).anyMatch(count -> count > 0))
              .toList();
      if (units.size() >= UNITS_MIN) {
        double chance = Math.max(1, designEffect(units, shares, n)) * independent;
        psiByChance =
            greater(psiByChance, (bins - 1) * quantile(bins - 1, units.size() - 1) * chance);
        ksByChance = greater(ksByChance, KOLMOGOROV * Math.sqrt(chance));
      }
    }
    return new Divergence(
        n,
        n == 0 ? 0 : index(shares, expected),
        Double.isNaN(psiByChance) ? Double.POSITIVE_INFINITY : psiByChance,
        n == 0 ? 0 : distance(shares, expected),
        Double.isNaN(ksByChance) ? Double.POSITIVE_INFINITY : ksByChance,
        n == 0 ? List.of() : Arrays.stream(shares).boxed().toList());
  }

  /** Of what is counted and cannot be compared yet. */
  static Divergence unknown(List<long[]> units, int bins) {
    long[] counts = Units.sum(units, bins);
    long n = Arrays.stream(counts).sum();
    return new Divergence(
        n,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        n == 0 ? List.of() : Arrays.stream(counts).mapToObj(count -> (double) count / n).toList());
  }

  private static double greater(double one, double other) {
    return Double.isNaN(one) ? other : Math.max(one, other);
  }

  private static double index(double[] shares, List<Double> expected) {
    double sum = 0;
    for (int bin = 0; bin < shares.length; bin++) {
      double p = Math.max(SHARE_MIN, shares[bin]);
      double q = Math.max(SHARE_MIN, expected.get(bin));
      sum += (p - q) * Math.log(p / q);
    }
    return sum;
  }

  private static double distance(double[] shares, List<Double> expected) {
    double greatest = 0;
    double difference = 0;
    for (int bin = 0; bin < shares.length; bin++) {
      difference += shares[bin] - expected.get(bin);
      greatest = Math.max(greatest, Math.abs(difference));
    }
    return greatest;
  }

  /** How many readings say as much as an independent one. */
  private static double designEffect(List<long[]> units, double[] shares, long n) {
    double effect = 0;
    for (int bin = 0; bin < shares.length; bin++) {
      double squares = 0;
      for (long[] unit : units) {
        double off = unit[bin] - Arrays.stream(unit).sum() * shares[bin];
        squares += off * off;
      }
      if (shares[bin] > 0) {
        effect += squares / (n * shares[bin]);
      }
    }
    return effect * units.size() / (units.size() - 1.0) / (shares.length - 1);
  }

  /**
   * A quantile of the F distribution, which is that of χ² by its degrees where the variance is
   * known from many units. E. Paulson's approximation (Annals of Mathematical Statistics 13, 1942).
   */
  static double quantile(int degrees, int degreesOfVariance) {
    double b = 2.0 / (9 * degrees);
    double bOfVariance = 2.0 / (9 * degreesOfVariance);
    double a = 1 - b;
    double aOfVariance = 1 - bOfVariance;
    double root =
        (a * aOfVariance
                + Z
                    * Math.sqrt(
                        a * a * bOfVariance
                            + aOfVariance * aOfVariance * b
                            - Z * Z * b * bOfVariance))
            / (aOfVariance * aOfVariance - Z * Z * bOfVariance);
    return root * root * root;
  }
}
