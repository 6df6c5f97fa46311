/**
 * Who may call: users with passwords, API keys, and the tokens and sessions that follow from them.
 * Leans on {@code twin.http} and on the accounts of {@code twin.core.store}.
 */
@NullMarked
package twin.http.security;

import org.jspecify.annotations.NullMarked;
