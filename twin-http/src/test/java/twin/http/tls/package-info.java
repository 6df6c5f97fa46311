/** Tests of encryption. */
@NullMarked
package twin.http.tls;

import org.jspecify.annotations.NullMarked;
