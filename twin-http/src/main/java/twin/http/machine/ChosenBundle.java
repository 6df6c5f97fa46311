package twin.http.machine;

import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.http.Problem;

/** The bundle that a call asks for. */
final class ChosenBundle {

  private ChosenBundle() {}

  /**
   * The bundle of that label.
   *
   * @param label TYPE:VERSION
   * @param type the machine type that it has to be for
   */
  static ModelSession of(Models models, String label, String type) {
    String[] parts = label.split(":", -1);
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw Problem.badRequest(
              "The member model must be TYPE:VERSION, such as milling:1.0.0, not '%s'."
                  .formatted(label))
          .toException();
    }
    if (!parts[0].equals(type)) {
      throw Problem.conflict(
              "%s is for machines of type %s, and this one is of type %s."
                  .formatted(label, parts[0], type))
          .toException();
    }
    return models
        .bundle(parts[0], parts[1])
        .orElseThrow(
            () ->
                Problem.notFound(
                        "There is no bundle %s that can be opened. Put it into the models folder as %s/%s; the log says why one is refused."
                            .formatted(label, parts[0], parts[1]))
                    .toException());
  }
}
