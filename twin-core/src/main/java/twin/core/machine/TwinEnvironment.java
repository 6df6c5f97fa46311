package twin.core.machine;

import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.Supplier;
import twin.core.inference.Models;
import twin.core.type.MachineTypes;

/**
 * What the twins of a node share.
 *
 * @param clock tells when a command is taken up
 * @param types the machine types in force, asked with each command
 * @param models the bundles in force
 * @param admission whether new machines are taken in, asked with each command
 * @param watcher told of every change; must neither block nor throw
 * @param settings how twins are kept
 * @param meters what they are timed by
 */
public record TwinEnvironment(
    InstantSource clock,
    Supplier<MachineTypes> types,
    Models models,
    Supplier<DecisionContext.Admission> admission,
    Consumer<TwinChanged> watcher,
    TwinSettings settings,
    TwinMeters meters) {

  /** For twins that nobody measures. */
  public TwinEnvironment(
      InstantSource clock,
      Supplier<MachineTypes> types,
      Models models,
      Supplier<DecisionContext.Admission> admission,
      Consumer<TwinChanged> watcher,
      TwinSettings settings) {
    this(clock, types, models, admission, watcher, settings, TwinMeters.none());
  }

  DecisionContext contextNow() {
    return new DecisionContext(clock.instant(), types.get(), models, admission.get());
  }
}
