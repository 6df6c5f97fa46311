/**
 * What a machine is: its type, channels, operating modes, features and alert rules, as values that
 * the journal can hold. Leans on no other package of Twin.
 */
@NullMarked
package twin.core.type;

import org.jspecify.annotations.NullMarked;
