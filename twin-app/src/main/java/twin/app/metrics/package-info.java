/**
 * What a node measures, in one registry of its own: the meters that the other modules register, and
 * those that are read off the cluster, the read side and the JVM. Leans on all of them.
 */
@NullMarked
package twin.app.metrics;

import org.jspecify.annotations.NullMarked;
