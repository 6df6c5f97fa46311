package twin.core.inference;

import java.util.Optional;

/** Which bundle decides for a machine. */
public interface Models {

  /** Without any bundle: every twin uses the built-in gate. */
  static Models none() {
    return (type, machineId) -> Optional.empty();
  }

  /** The champion for a machine, if its type has a bundle. */
  Optional<ModelSession> champion(String type, String machineId);
}
