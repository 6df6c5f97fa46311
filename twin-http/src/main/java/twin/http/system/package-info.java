/** Whether the program is alive and ready, and what it consists of. Leans on {@code twin.http}. */
@NullMarked
package twin.http.system;

import org.jspecify.annotations.NullMarked;
