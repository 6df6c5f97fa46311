/** Tests of how drift is found, and of how it is not found where there is none. */
@NullMarked
package twin.core.drift;

import org.jspecify.annotations.NullMarked;
