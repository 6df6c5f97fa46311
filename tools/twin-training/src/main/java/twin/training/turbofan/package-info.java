/**
 * Trains and evaluates the turbofan's model of remaining useful life from C-MAPSS data. Leans on
 * the twin's own features and decisions; nothing of it runs in a node.
 */
@NullMarked
package twin.training.turbofan;

import org.jspecify.annotations.NullMarked;
