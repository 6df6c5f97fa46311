package twin.training.sequence;

/**
 * How a network is trained.
 *
 * @param filters channels of each convolution
 * @param units width of the dense layers
 * @param epochs how often it goes over the rows
 * @param rowShare share of the rows that it sees in one epoch, chosen anew in each
 * @param batchRows rows of one step
 * @param learningRate at the beginning; it falls to a hundredth along a half cosine
 * @param weightDecay of AdamW
 * @param dropout share of the units that each step leaves out
 */
public record Learning(
    int filters,
    int units,
    int epochs,
    double rowShare,
    int batchRows,
    double learningRate,
    double weightDecay,
    double dropout) {}
