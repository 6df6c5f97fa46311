package twin.training.component;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The directions in which some columns vary, most first, by Jacobi's method for the eigenvectors of
 * their covariance.
 *
 * @param mean of each column
 * @param variances along the components, most first
 * @param components a unit vector each
 */
@SuppressWarnings("ArrayRecordComponent") // Computed once and never compared.
public record PrincipalComponents(double[] mean, double[] variances, double[][] components) {
  private static final int SWEEPS_MAX = 60;

  /** Analyses at least two rows. */
  public static PrincipalComponents of(float[][] rows) {
    int columns = rows[0].length;
    double[] mean = new double[columns];
    for (float[] row : rows) {
      for (int i = 0; i < columns; i++) {
        mean[i] += row[i] / rows.length;
      }
    }
    double[][] covariance = new double[columns][columns];
    for (float[] row : rows) {
      for (int i = 0; i < columns; i++) {
        for (int j = 0; j < columns; j++) {
          covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (rows.length - 1);
        }
      }
    }
    double[][] vectors = diagonalise(covariance);
    int[] order =
        IntStream.range(0, columns)
            .boxed()
            .sorted((a, b) -> Double.compare(covariance[b][b], covariance[a][a]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] variances = Arrays.stream(order).mapToDouble(i -> covariance[i][i]).toArray();
    double[][] components =
        Arrays.stream(order)
            .mapToObj(i -> Arrays.stream(vectors).mapToDouble(row -> row[i]).toArray())
            .toArray(double[][]::new);
    return new PrincipalComponents(mean, variances, components);
  }

  /** Turns a symmetric matrix until it is diagonal; returns what it was turned by. */
  private static double[][] diagonalise(double[][] a) {
    int n = a.length;
    double[][] v = new double[n][n];
    for (int i = 0; i < n; i++) {
      v[i][i] = 1;
    }
    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          if (Math.abs(a[p][q]) > 1e-14 * Math.sqrt(Math.abs(a[p][p] * a[q][q]))) {
            double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
            double sign = theta < 0 ? -1 : 1;
            double t = sign / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
            double c = 1 / Math.sqrt(t * t + 1);
            rotate(a, v, p, q, c, t * c);
          }
        }
      }
    }
    return v;
  }

  private static void rotate(double[][] a, double[][] v, int p, int q, double c, double s) {
    for (int k = 0; k < a.length; k++) {
      double kp = a[k][p];
      double kq = a[k][q];
      a[k][p] = c * kp - s * kq;
      a[k][q] = s * kp + c * kq;
    }
    for (int k = 0; k < a.length; k++) {
      double pk = a[p][k];
      double qk = a[q][k];
      a[p][k] = c * pk - s * qk;
      a[q][k] = s * pk + c * qk;
      double vp = v[k][p];
      double vq = v[k][q];
      v[k][p] = c * vp - s * vq;
      v[k][q] = s * vp + c * vq;
    }
  }

  /** How many components carry a share of the variance. */
  public int carrying(double share) {
    double all = Arrays.stream(variances).sum();
    double sum = 0;
    for (int i = 0; i < variances.length; i++) {
      sum += variances[i];
      if (sum >= share * all) {
        return i + 1;
      }
    }
    return variances.length;
  }
}
