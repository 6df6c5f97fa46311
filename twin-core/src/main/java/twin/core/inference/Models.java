package twin.core.inference;

import java.util.List;
import java.util.Optional;

/** Which bundle decides for a machine. */
public interface Models {

  /** Without any bundle: every twin uses the built-in gate. */
  static Models none() {
    return (type, machineId) -> Optional.empty();
  }

  /** The champion for a machine, if its type has a bundle. */
  Optional<ModelSession> champion(String type, String machineId);

  /** Whose opinion is recorded beside the champion's and never acted on, if there is one. */
  default Optional<ModelSession> shadow(String type, String machineId) {
    return Optional.empty();
  }

  /**
   * A bundle by its name, whether it decides or not.
   *
   * @param type the machine type
   * @param version the bundle's version
   */
  default Optional<ModelSession> bundle(String type, String version) {
    return champion(type, "").filter(session -> session.profile().ref().version().equals(version));
  }

  /** Every bundle that there is to choose from: by type, the highest version first. */
  default List<StoredBundle> stored() {
    return List.of();
  }

  /** The very bundle that a journal names, if it is still there and its bytes are the same. */
  default Optional<ModelSession> bundle(ModelRef ref) {
    return bundle(ref.type(), ref.version()).filter(session -> session.profile().ref().equals(ref));
  }
}
