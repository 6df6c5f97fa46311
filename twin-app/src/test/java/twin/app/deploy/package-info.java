/**
 * Holds the files by which the program is deployed (image, Compose, Kubernetes, workflows) to the
 * program: names, ports and variables. They are parsed, not run.
 */
@NullMarked
package twin.app.deploy;

import org.jspecify.annotations.NullMarked;
