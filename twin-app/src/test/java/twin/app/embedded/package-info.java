/** Tests of the embedded services, each against the real thing. */
@NullMarked
package twin.app.embedded;

import org.jspecify.annotations.NullMarked;
