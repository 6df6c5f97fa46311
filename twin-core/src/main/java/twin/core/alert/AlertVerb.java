package twin.core.alert;

/** What a person can do about an alert, in the words of ISA-18.2. */
public enum AlertVerb {
  /** Take note of it. */
  ACKNOWLEDGE,
  /** Hide it for a time. */
  SHELVE,
  /** Bring back one that was shelved. */
  UNSHELVE,
  /** Hide it by design until that is lifted. */
  SUPPRESS,
  /** Lift the suppression by design. */
  UNSUPPRESS,
  /** Switch it off, for example while the machine is repaired. */
  TAKE_OUT_OF_SERVICE,
  /** Switch it on again. */
  RETURN_TO_SERVICE,
  /** Close it, its condition being gone. */
  CLEAR
}
