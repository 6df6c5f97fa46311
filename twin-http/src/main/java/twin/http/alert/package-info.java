/** What people do about alerts over HTTP. Leans on {@code twin.http} and {@code machine}. */
@NullMarked
package twin.http.alert;

import org.jspecify.annotations.NullMarked;
