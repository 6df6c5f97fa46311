/**
 * The program: a node of the cluster from its parts. {@code cli} beneath it is the command line,
 * {@code embedded} the services that a demo brings along.
 */
@NullMarked
package twin.app;

import org.jspecify.annotations.NullMarked;
