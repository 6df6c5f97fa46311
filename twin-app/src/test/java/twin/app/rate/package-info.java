/**
 * The rate of the whole way of a reading, measured by hand on one machine. It leans on the program
 * as a whole; nothing leans on it.
 */
@NullMarked
package twin.app.rate;

import org.jspecify.annotations.NullMarked;
