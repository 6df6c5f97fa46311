@NullMarked
package twin.app.trace;

import org.jspecify.annotations.NullMarked;
