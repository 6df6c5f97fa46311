/**
 * The directions in which numbers vary together, and how far a row lies from what is usual along
 * them. It knows rows of numbers and ONNX, and nothing of machines.
 */
@NullMarked
package twin.training.component;

import org.jspecify.annotations.NullMarked;
