package twin.ingest.mqtt;

/** A value that must not reach a log: its text form shows only whether there is one. */
public record Secret(String value) {

  /** Whether there is no secret at all. */
  public boolean isEmpty() {
    return value.isEmpty();
  }

  @Override
  public String toString() {
    return isEmpty() ? "(none)" : "****";
  }
}
