/**
 * Writes models as ONNX files: the plumbing that every kind of model needs. It knows nothing of
 * machines.
 */
@NullMarked
package twin.training.onnx;

import org.jspecify.annotations.NullMarked;
