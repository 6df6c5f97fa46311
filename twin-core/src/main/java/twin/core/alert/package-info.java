/**
 * Alerts of one machine: when they are raised, their states after ISA-18.2, and which are open.
 * Leans on {@code inference} and {@code type}.
 */
@NullMarked
package twin.core.alert;

import org.jspecify.annotations.NullMarked;
