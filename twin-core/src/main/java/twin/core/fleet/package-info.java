/**
 * The fleet as lists and searches see it: the projection that keeps the tables of machines and
 * alerts from the twins' coarse events. Leans on {@code machine} and {@code store}.
 */
@NullMarked
package twin.core.fleet;

import org.jspecify.annotations.NullMarked;
