/**
 * The command line of training and evaluation. Answers go to stdout, progress to stderr; a node
 * never has any of it on its class path.
 */
@NullMarked
package twin.training;

import org.jspecify.annotations.NullMarked;
