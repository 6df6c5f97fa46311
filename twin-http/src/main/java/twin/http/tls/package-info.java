/**
 * Encryption of HTTP: what the server shows to its callers, and whom a client of it trusts. It
 * leans on nothing of the program.
 */
@NullMarked
package twin.http.tls;

import org.jspecify.annotations.NullMarked;
