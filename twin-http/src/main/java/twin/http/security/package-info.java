/**
 * Who may call: API keys, and the sessions of browsers that signed in with one. Leans on {@code
 * twin.http}.
 */
@NullMarked
package twin.http.security;

import org.jspecify.annotations.NullMarked;
