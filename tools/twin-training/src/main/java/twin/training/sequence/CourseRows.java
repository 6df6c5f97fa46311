package twin.training.sequence;

/** The rows that a network is trained on, made when they are needed: together they are large. */
public interface CourseRows {

  /** How many there are. */
  int size();

  /** Writes a row to a place in an array. */
  void write(int row, float[] into, int offset);

  /** What the network shall say of a row, best between 0 and 1. */
  float label(int row);
}
