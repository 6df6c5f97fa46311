package twin.core.feature;

import java.util.List;
import twin.core.reading.Values;
import twin.core.type.FeatureSpec;

/**
 * The features of one reading, in the order of the machine type. An absent feature is NaN.
 *
 * @param specs what they are
 * @param values their values
 * @param mode the operating mode that the reading is of; empty for none
 * @param columns what the window keeps of each reading
 * @param window the reading and those before it, for models that look at the course of things
 */
public record FeatureVector(
    List<FeatureSpec> specs,
    Values values,
    String mode,
    List<String> columns,
    ReadingWindow window) {

  /** Value of a feature by its name, NaN when it is absent or there is none of that name. */
  public double get(String name) {
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().equals(name)) {
        return values.get(i);
      }
    }
    return Double.NaN;
  }

  /**
   * A fingerprint of all bits, by which an audit sees that the same features were computed. It
   * guards against mistakes, not against forgery: that is what the chain of events is for. The
   * mixing step is the finaliser of MurmurHash3.
   */
  public long hash() {
    long hash = specs.size();
    for (int i = 0; i < specs.size(); i++) {
      long mixed = hash * 31 + Double.doubleToLongBits(values.get(i));
      mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
      mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
      hash = mixed ^ (mixed >>> 33);
    }
    return hash;
  }
}
