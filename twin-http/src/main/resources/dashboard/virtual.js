// A long column of rows of which only those in sight are in the page.

const BEYOND_PX = 400;
const SPARE_MAX = 60;

export class VirtualColumn {
  #rows = [];
  #tops = [];
  #shown = new Map();
  #spare = new Map();
  #queued = false;

  /**
   * @param element the column, which gets its height and holds the rows
   * @param make gives {element, update(row)} for rows of a kind; update is told of every row that it shows
   */
  constructor(element, make) {
    this.element = element;
    this.make = make;
    element.classList.add('virtual');
    this.listener = () => this.queue();
    addEventListener('scroll', this.listener, { passive: true });
    addEventListener('resize', this.listener);
  }

  /** Rows are {key, kind, height} and whatever is shown of them. Rows of a kind take one another's place. */
  show(rows) {
    this.#rows = rows;
    this.#tops = new Array(rows.length);
    let top = 0;
    rows.forEach((row, i) => {
      this.#tops[i] = top;
      top += row.height;
    });
    this.element.style.height = `${top}px`;
    this.#draw(true);
  }

  close() {
    removeEventListener('scroll', this.listener);
    removeEventListener('resize', this.listener);
  }

  /** Draws with the next frame, however often it is called before. */
  queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw(false);
    });
  }

  /** The rows that are in the page now, by key. */
  get inSight() {
    return this.#shown;
  }

  #first(y) {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle] + this.#rows[middle].height < y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #take(row) {
    const spare = this.#spare.get(row.kind);
    const made = spare && spare.length ? spare.pop() : this.make(row);
    made.kind = row.kind;
    return made;
  }

  #give(made) {
    if (!this.#spare.has(made.kind)) this.#spare.set(made.kind, []);
    const spare = this.#spare.get(made.kind);
    if (spare.length < SPARE_MAX) spare.push(made);
    made.element.remove();
  }

  #draw(changed) {
    const box = this.element.getBoundingClientRect();
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    const wanted = new Map();
    for (let i = this.#first(-box.top - BEYOND_PX); i < this.#rows.length && this.#tops[i] < innerHeight - box.top + BEYOND_PX; i++) {
      wanted.set(this.#rows[i].key, i);
    }
    for (const [key, made] of this.#shown) {
      // What has the focus stays while somebody scrolls, so that they can go on where they were.
      if (wanted.has(key) || (!changed && focused && made.element.contains(focused))) continue;
      this.#give(made);
      this.#shown.delete(key);
    }
    let before = null;
    for (const [key, i] of wanted) {
      let made = this.#shown.get(key);
      if (!made || changed) {
        made ||= this.#take(this.#rows[i]);
        this.#shown.set(key, made);
        made.update(this.#rows[i]);
      }
      const next = before ? before.nextSibling : this.element.firstChild;
      if (next !== made.element) this.element.insertBefore(made.element, next);
      before = made.element;
      if (made.top !== this.#tops[i]) {
        made.top = this.#tops[i];
        made.element.style.transform = `translateY(${made.top}px)`;
      }
    }
    if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  }
}
