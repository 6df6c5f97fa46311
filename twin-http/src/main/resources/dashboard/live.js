// The live stream. It says honestly whether it is connected: a stream that has been silent for
// longer than three heartbeats counts as lost, whatever the browser believes.

const SILENCE_MS = 32000;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10000;

export class Live {
  #source = null;
  #retryMs = RETRY_FIRST_MS;
  #stopped = false;
  #lastId = '';
  #timers = { retry: 0, silence: 0 };
  #listeners = { state: new Set(), alert: new Set(), dropped: new Set(), connection: new Set() };
  connection = 'connecting';
  since = Date.now();

  constructor() {
    this.#open();
    addEventListener('online', () => this.retryNow());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.connection === 'lost') this.retryNow();
    });
  }

  /** Calls back until the returned function is called. */
  on(kind, listener) {
    this.#listeners[kind].add(listener);
    return () => this.#listeners[kind].delete(listener);
  }

  /** Ends it, without another word. */
  stop() {
    this.#stopped = true;
    this.#close();
  }

  retryNow() {
    this.#retryMs = RETRY_FIRST_MS;
    this.#open();
  }

  #open() {
    this.#close();
    if (this.#stopped) return;
    const after = this.#lastId ? `&after=${encodeURIComponent(this.#lastId)}` : '';
    const source = new EventSource(`/api/v1/stream?kinds=state,alert${after}`);
    this.#source = source;
    this.#watchSilence();
    source.onerror = () => this.#lost();
    const heard = (kind) => (event) => {
      this.#watchSilence();
      this.#retryMs = RETRY_FIRST_MS;
      this.#turn('live');
      if (event.lastEventId) this.#lastId = event.lastEventId;
      if (kind) this.#tell(kind, JSON.parse(event.data));
    };
    source.addEventListener('heartbeat', heard(null));
    source.addEventListener('state', heard('state'));
    source.addEventListener('alert', heard('alert'));
    source.addEventListener('dropped', heard('dropped'));
    // Changes of alerts were missed: whoever shows alerts looks at them again.
    source.addEventListener('reset', heard('alert'));
  }

  #lost() {
    this.#close();
    this.#turn('lost');
    this.#timers.retry = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MOST_MS);
  }

  #close() {
    clearTimeout(this.#timers.retry);
    clearTimeout(this.#timers.silence);
    if (this.#source) this.#source.close();
    this.#source = null;
  }

  #watchSilence() {
    clearTimeout(this.#timers.silence);
    this.#timers.silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #turn(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    this.since = Date.now();
    this.#tell('connection', connection);
  }

  #tell(kind, value) {
    for (const listener of this.#listeners[kind]) listener(value);
  }
}
