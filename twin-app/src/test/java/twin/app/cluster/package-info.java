/** Tests of nodes as processes of this machine, and of the ways between them. */
@NullMarked
package twin.app.cluster;

import org.jspecify.annotations.NullMarked;
