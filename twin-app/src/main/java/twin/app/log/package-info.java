/**
 * How the program logs: the form of its lines, and levels that change while it runs. The only place
 * that knows Logback, beside what the embedded services bring.
 */
@NullMarked
package twin.app.log;

import org.jspecify.annotations.NullMarked;
