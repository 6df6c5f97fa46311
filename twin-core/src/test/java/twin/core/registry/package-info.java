/** Tests of where bundles are kept. */
@NullMarked
package twin.core.registry;

import org.jspecify.annotations.NullMarked;
