package twin.http.machine;

import java.util.concurrent.CompletionStage;
import twin.core.fleet.TypeCatalogue;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;

/** The machine types in force on this node. */
public interface Types {

  /** Those that are in force now. */
  MachineTypes inForce();

  /**
   * Puts one in force.
   *
   * @param by who wants it
   * @return the type as it is in force; fails with {@link TypeCatalogue.ChangedMeanwhileException}
   *     when somebody else has just put another one
   * @throws IllegalArgumentException when there are too many
   */
  CompletionStage<MachineType> put(MachineType type, String by);

  /** Those of the catalogue. */
  static Types of(TypeCatalogue catalogue) {
    return new Types() {
      @Override
      public MachineTypes inForce() {
        return catalogue.get();
      }

      @Override
      public CompletionStage<MachineType> put(MachineType type, String by) {
        return catalogue.put(type, by);
      }
    };
  }
}
