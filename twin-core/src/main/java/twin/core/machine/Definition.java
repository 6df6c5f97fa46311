package twin.core.machine;

import twin.core.feature.FeatureExtractor;
import twin.core.type.MachineType;

/**
 * A machine's definition with what is derived from it.
 *
 * @param type what the journal holds
 * @param features computes the type's features
 */
public record Definition(MachineType type, FeatureExtractor features) {

  public Definition(MachineType type) {
    this(type, new FeatureExtractor(type));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Definition definition && type.equals(definition.type);
  }

  @Override
  public int hashCode() {
    return type.hashCode();
  }
}
