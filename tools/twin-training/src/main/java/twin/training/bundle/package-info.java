/**
 * Writes trained models as a bundle that a twin can open. What is in the bundle is the business of
 * each machine type's own package.
 */
@NullMarked
package twin.training.bundle;

import org.jspecify.annotations.NullMarked;
