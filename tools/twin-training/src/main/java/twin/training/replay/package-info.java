/**
 * Lets twins live through recorded readings, so that training and evaluation see what a live twin
 * would have seen and concluded. It leans on nothing but the core.
 */
@NullMarked
package twin.training.replay;

import org.jspecify.annotations.NullMarked;
