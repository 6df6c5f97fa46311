/** Tests of the chaos runs. */
@NullMarked
package twin.app.chaos;

import org.jspecify.annotations.NullMarked;
