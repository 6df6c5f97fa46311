@NullMarked
package twin.http.security;

import org.jspecify.annotations.NullMarked;
