@NullMarked
package twin.http;

import org.jspecify.annotations.NullMarked;
