/** The command line: one class a command. Leans on {@code twin.app} and {@code embedded}. */
@NullMarked
package twin.app.cli;

import org.jspecify.annotations.NullMarked;
