package twin.simulator;

/**
 * What goes on in a machine, one reading at a time. Deterministic: the same seed and the same
 * profiles at the same steps give the same readings. Not thread-safe.
 *
 * @param <P> the profiles that such a machine can be put on
 */
interface MachineProcess<P extends Enum<P>> {
  /** Lets the machine go on until its next reading. */
  Step step(P profile);
}
