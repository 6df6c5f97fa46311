package twin.http.machine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Keeps the last so many, in the order of the journal. */
final class NewestReadings implements ReadingCollector {

  private final int most;
  private final Deque<RecordedReading> kept = new ArrayDeque<>();
  private long taken;

  NewestReadings(int most) {
    this.most = most;
  }

  @Override
  public void add(RecordedReading reading) {
    taken++;
    kept.addLast(reading);
    if (kept.size() > most) {
      kept.removeFirst();
    }
  }

  @Override
  public long taken() {
    return taken;
  }

  @Override
  public List<RecordedReading> kept() {
    return List.copyOf(kept);
  }
}
