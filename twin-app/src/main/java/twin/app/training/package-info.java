/**
 * Training from a node: a process of its own, one at a time in the cluster, asked for over HTTP or
 * by a schedule. It knows the training tools by their command only.
 */
@NullMarked
package twin.app.training;

import org.jspecify.annotations.NullMarked;
