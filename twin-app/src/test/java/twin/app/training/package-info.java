@NullMarked
package twin.app.training;

import org.jspecify.annotations.NullMarked;
