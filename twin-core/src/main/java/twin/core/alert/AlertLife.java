package twin.core.alert;

import java.util.List;

/**
 * The transitions of ISA-18.2 (IEC 62682) that people bring about. Those that readings bring about
 * are in {@link AlertPolicy}. An alert that is hidden in one way has to come back before it can be
 * acknowledged, closed or hidden in another. Pure.
 */
public final class AlertLife {

  private AlertLife() {}

  /** What becomes of an alert that somebody does something about. */
  public sealed interface Outcome {

    /**
     * It changes.
     *
     * @param states through which it goes, one or more
     */
    record Turns(List<AlertState> states) implements Outcome {
      public Turns {
        states = List.copyOf(states);
      }
    }

    /** It is so already. */
    record Stays() implements Outcome {}

    /**
     * The state it is in does not allow it.
     *
     * @param advice what to do instead
     */
    record Refused(String advice) implements Outcome {}
  }

  /**
   * What becomes of an alert.
   *
   * @param met whether the newest assessment meets the condition of its rule
   */
  public static Outcome after(Alert alert, AlertVerb verb, boolean met) {
    return switch (verb) {
      case ACKNOWLEDGE -> acknowledged(alert);
      case CLEAR -> cleared(alert, met);
      case SHELVE -> hidden(alert, AlertState.SHELVED);
      case SUPPRESS -> hidden(alert, AlertState.SUPPRESSED);
      case TAKE_OUT_OF_SERVICE -> hidden(alert, AlertState.OUT_OF_SERVICE);
      case UNSHELVE -> back(alert, AlertState.SHELVED);
      case UNSUPPRESS -> back(alert, AlertState.SUPPRESSED);
      case RETURN_TO_SERVICE -> back(alert, AlertState.OUT_OF_SERVICE);
    };
  }

  /** The state to which a hidden alert comes back: it asks for attention if its condition holds. */
  public static AlertState returning(Alert hidden) {
    return hidden.conditionHolds() ? AlertState.UNACKNOWLEDGED : AlertState.NORMAL;
  }

  private static Outcome acknowledged(Alert alert) {
    return switch (alert.state()) {
      case UNACKNOWLEDGED -> turns(AlertState.ACKNOWLEDGED);
      case RETURNED_UNACKNOWLEDGED -> turns(AlertState.NORMAL);
      case ACKNOWLEDGED, NORMAL -> new Outcome.Stays();
      case SHELVED, SUPPRESSED, OUT_OF_SERVICE -> refusedAsHidden(alert);
    };
  }

  private static Outcome cleared(Alert alert, boolean met) {
    return switch (alert.state()) {
      case RETURNED_UNACKNOWLEDGED -> turns(AlertState.NORMAL);
      case NORMAL -> new Outcome.Stays();
      case ACKNOWLEDGED -> met ? refusedAsMet(alert) : turns(AlertState.NORMAL);
      case UNACKNOWLEDGED ->
          met
              ? refusedAsMet(alert)
              : new Outcome.Turns(List.of(AlertState.RETURNED_UNACKNOWLEDGED, AlertState.NORMAL));
      case SHELVED, SUPPRESSED, OUT_OF_SERVICE -> refusedAsHidden(alert);
    };
  }

  private static Outcome hidden(Alert alert, AlertState as) {
    if (alert.state() == as && as != AlertState.SHELVED) {
      return new Outcome.Stays();
    }
    return alert.state().isHidden() ? refusedAsHidden(alert) : turns(as);
  }

  private static Outcome back(Alert alert, AlertState from) {
    return alert.state() == from
        ? turns(returning(alert))
        : new Outcome.Refused(
            "alert %s is not %s but %s; GET /api/v1/alerts/%s tells its life"
                .formatted(alert.id(), from.inWords(), alert.state().inWords(), alert.id()));
  }

  private static Outcome turns(AlertState to) {
    return new Outcome.Turns(List.of(to));
  }

  private static Outcome refusedAsMet(Alert alert) {
    return new Outcome.Refused(
        "the condition of alert %s still holds; it closes by itself once that has gone and it is"
                .formatted(alert.id())
            + " acknowledged, and can be shelved until then");
  }

  private static Outcome refusedAsHidden(Alert alert) {
    String way =
        switch (alert.state()) {
          case SHELVED -> "unshelve it first";
          case SUPPRESSED -> "lift that first, by suppress with \"suppressed\": false";
          case OUT_OF_SERVICE -> "return it first, by out-of-service with \"in_service\": true";
          case NORMAL, UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED_UNACKNOWLEDGED ->
              throw new IllegalArgumentException(alert.state() + " is not hidden");
        };
    return new Outcome.Refused(
        "alert %s is %s; %s".formatted(alert.id(), alert.state().inWords(), way));
  }
}
