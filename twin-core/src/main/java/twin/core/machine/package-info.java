/**
 * The twin: one machine as an event-sourced actor. Its logic is two pure functions, {@link
 * twin.core.machine.MachineDecisions#decide} and {@link twin.core.machine.MachineState#apply}; the
 * actor is glue. Leans on {@code alert}, {@code inference}, {@code feature}, {@code reading} and
 * {@code type}.
 */
@NullMarked
package twin.core.machine;

import org.jspecify.annotations.NullMarked;
