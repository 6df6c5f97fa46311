/** Nodes as processes of this machine, that belong to the process that keeps them. */
@NullMarked
package twin.app.cluster;

import org.jspecify.annotations.NullMarked;
