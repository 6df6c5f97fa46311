/**
 * Trains networks that read features and the course of the last readings, with DJL on PyTorch, and
 * writes them as ONNX nodes that give the same answers. It knows rows and labels, and nothing of
 * machines or the twin.
 */
@NullMarked
package twin.training.sequence;

import org.jspecify.annotations.NullMarked;
