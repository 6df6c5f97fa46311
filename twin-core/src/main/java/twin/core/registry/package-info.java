/**
 * Where bundles are kept for all nodes, and how one comes from there into a node's folder: a shared
 * folder, an object store or MLflow. Leans on {@code inference} only, and trusts nothing that it is
 * given.
 */
@NullMarked
package twin.core.registry;

import org.jspecify.annotations.NullMarked;
