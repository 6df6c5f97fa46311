/**
 * The life of models while the program runs: which bundle decides for which machine, whose opinion
 * is recorded beside it, and when a champion is taken back. Leans on {@code inference}, {@code
 * registry}, {@code machine} and {@code store}.
 */
@NullMarked
package twin.core.model;

import org.jspecify.annotations.NullMarked;
