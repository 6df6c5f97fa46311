/**
 * Following single readings through the program, as far as the program has to know of it. Leans on
 * nothing; what keeps the traces is elsewhere.
 */
@NullMarked
package twin.core.trace;

import org.jspecify.annotations.NullMarked;
