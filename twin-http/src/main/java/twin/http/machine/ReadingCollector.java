package twin.http.machine;

import java.util.List;

/** Takes readings one after the other and keeps a bounded number of them. One thread at a time. */
interface ReadingCollector {

  /** Takes one more. */
  void add(RecordedReading reading);

  /** How many were taken. */
  long taken();

  /** Those that were kept, in the order in which they are to be shown. */
  List<RecordedReading> kept();
}
