// Two judgements of the same past on one axis of time: what was recorded and what another model says.
// All charts of a page share the axis and the cursor.

import { PAD, ticks } from './chart.js';
import { h, s } from './dom.js';
import { DASH, axisTime, fullTime, number, words } from './format.js';
import { t as texts } from './text.js';

const LANE = 9;
const ROW = 46;
const LEAST_WIDTH = 3;

/** The cursor that all charts of a page share. */
export class Cursor {
  #listeners = new Set();
  t = null;

  on(listener) {
    this.#listeners.add(listener);
  }

  move(t) {
    if (t === this.t) return;
    this.t = t;
    this.#listeners.forEach((listener) => listener());
  }
}

/** What charts have in common: they draw themselves when they have room and when the cursor moves. */
class Drawing {
  #queued = false;

  constructor(cursor, height) {
    this.cursor = cursor;
    this.height = height;
    this.svg = s('svg', { class: 'chart', height });
    this.observer = new ResizeObserver(() => this.queue());
    this.observer.observe(this.svg);
    cursor.on(() => this.queue());
  }

  queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      if (this.svg.clientWidth) this.draw(this.svg.clientWidth);
    });
  }

  close() {
    this.observer.disconnect();
  }

  scale(width, range) {
    return (t) => PAD.left + ((t - range.from) / Math.max(1, range.to - range.from)) * (width - PAD.left - PAD.right);
  }

  times(width, height, range, x) {
    const count = width > 760 ? 6 : width > 520 ? 4 : 2;
    for (let i = 0; i <= count; i++) {
      const t = range.from + ((range.to - range.from) * i) / count;
      this.svg.append(s('text', { class: 'tick', x: x(t), y: height - 5, 'text-anchor': i === 0 ? 'start' : i === count ? 'end' : 'middle' },
        axisTime(t, range.to - range.from)));
    }
  }
}

/** One number as both models give it, over time. */
export class Comparison extends Drawing {
  /**
   * @param options title, unit, format, floor, ceiling, limit (with limitName), marks (times with a name)
   * @param points {t, recorded: {y, low, high}, model: {y, low, high}}, ascending; y is undefined where there is no value
   */
  constructor(options, points, range, cursor) {
    super(cursor, options.height || 170);
    this.options = { format: number, ...options };
    this.points = points.filter((p) => p.recorded.y !== undefined || p.model.y !== undefined);
    this.range = range;
    this.recorded = h('span', { class: 'num' });
    this.model = h('span', { class: 'num' });
    this.when = h('span', { class: 'dim small' });
    this.svg.setAttribute('tabindex', 0);
    this.svg.setAttribute('role', 'img');
    this.svg.setAttribute('aria-label', texts.compare.chart(options.title, this.points.length));
    this.element = h('figure', { class: 'panel chart-panel compared' },
      h('figcaption', {}, h('span', {}, h('span', { class: 'chart-title' }, options.title), options.unit ? h('span', { class: 'unit' }, ` (${options.unit})`) : null),
        h('span', { class: 'legend', 'aria-live': 'off' }, this.when,
          h('span', { class: 'key recorded' }, texts.compare.recorded, ' ', this.recorded),
          h('span', { class: 'key model' }, texts.compare.model, ' ', this.model))),
      this.svg);
    this.svg.addEventListener('pointermove', (e) => this.#point(e));
    this.svg.addEventListener('pointerleave', () => cursor.move(null));
    this.svg.addEventListener('blur', () => cursor.move(null));
    this.svg.addEventListener('keydown', (e) => this.#key(e));
  }

  #nearest(t) {
    let best = null;
    for (const p of this.points) if (!best || Math.abs(p.t - t) < Math.abs(best.t - t)) best = p;
    return best;
  }

  #point(event) {
    const { from, to } = this.range;
    const inside = this.svg.clientWidth - PAD.left - PAD.right;
    const at = (event.clientX - this.svg.getBoundingClientRect().left - PAD.left) / inside;
    const nearest = this.#nearest(from + at * (to - from));
    if (nearest) this.cursor.move(nearest.t);
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !this.points.length) return;
    event.preventDefault();
    const at = this.cursor.t === null ? this.points.length - 1 : this.points.indexOf(this.#nearest(this.cursor.t));
    this.cursor.move(this.points[Math.max(0, Math.min(this.points.length - 1, at + step))].t);
  }

  #bounds() {
    let low = this.options.floor ?? Infinity;
    let high = this.options.ceiling ?? -Infinity;
    for (const p of this.points) {
      for (const { y, low: least, high: greatest } of [p.recorded, p.model]) {
        if (y === undefined) continue;
        low = Math.min(low, y, least ?? y);
        high = Math.max(high, y, greatest ?? y);
      }
    }
    if (this.options.limit !== undefined) high = Math.max(high, this.options.limit);
    if (!(high > low)) return { low: low - 1, high: high + 1 };
    return { low, high: high + 0.05 * (high - low) };
  }

  draw(width) {
    const { low, high } = this.#bounds();
    const height = this.height;
    const x = this.scale(width, this.range);
    const y = (v) => height - PAD.bottom - ((v - low) / (high - low)) * (height - PAD.top - PAD.bottom);
    this.svg.replaceChildren();
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    for (const value of ticks(low, high, 3)) {
      this.svg.append(s('line', { class: 'grid', x1: PAD.left, x2: width - PAD.right, y1: y(value), y2: y(value) }),
        s('text', { class: 'tick', x: PAD.left - 6, y: y(value) + 3.5, 'text-anchor': 'end' }, number(value)));
    }
    this.times(width, height, this.range, x);
    for (const mark of this.options.marks || []) {
      this.svg.append(s('line', { class: 'mark', x1: x(mark.t), x2: x(mark.t), y1: PAD.top, y2: height - PAD.bottom }, s('title', {}, mark.name)));
    }
    for (const who of ['recorded', 'model']) this.#band(who, x, y);
    if (this.options.limit !== undefined) {
      this.svg.append(s('line', { class: 'limit', x1: PAD.left, x2: width - PAD.right, y1: y(this.options.limit), y2: y(this.options.limit) }),
        s('text', { class: 'limit-label', x: width - PAD.right - 3, y: y(this.options.limit) - 4, 'text-anchor': 'end' }, this.options.limitName));
    }
    for (const who of ['recorded', 'model']) this.#line(who, x, y);
    this.#readout(x, y, height);
  }

  #runs(who) {
    const distances = this.points.slice(1).map((p, i) => p.t - this.points[i].t).sort((a, b) => a - b);
    const usual = distances[Math.floor(distances.length / 2)] || 0;
    const runs = [];
    let before = null;
    for (const p of this.points) {
      if (p[who].y === undefined) continue;
      if (!before || p.t - before.t > Math.max(20 * usual, 5000)) runs.push([]);
      runs[runs.length - 1].push(p);
      before = p;
    }
    return runs;
  }

  #band(who, x, y) {
    for (const run of this.#runs(who)) {
      if (run.length < 2 || run.some((p) => p[who].low === undefined || p[who].high === undefined)) continue;
      const there = run.map((p) => `${x(p.t).toFixed(1)},${y(p[who].high).toFixed(1)}`);
      const back = run.map((p) => `${x(p.t).toFixed(1)},${y(p[who].low).toFixed(1)}`).reverse();
      this.svg.append(s('path', { class: `band ${who}`, d: `M${there.concat(back).join('L')}Z` }));
    }
  }

  #line(who, x, y) {
    for (const run of this.#runs(who)) {
      this.svg.append(run.length === 1
        ? s('circle', { class: `dot ${who}`, cx: x(run[0].t), cy: y(run[0][who].y), r: 1.6 })
        : s('path', { class: `line ${who}`, d: 'M' + run.map((p) => `${x(p.t).toFixed(1)},${y(p[who].y).toFixed(1)}`).join('L') }));
    }
  }

  #readout(x, y, height) {
    const p = this.cursor.t === null ? null : this.#nearest(this.cursor.t);
    this.when.textContent = p ? fullTime(p.t) : '';
    for (const [who, label] of [['recorded', this.recorded], ['model', this.model]]) {
      label.textContent = p ? (p[who].y === undefined ? DASH : this.options.format(p[who].y)) : '';
      if (p && p[who].y !== undefined) this.svg.append(s('circle', { class: `head ${who}`, cx: x(p.t), cy: y(p[who].y), r: 3 }));
    }
    if (p) this.svg.append(s('line', { class: 'cursor', x1: x(p.t), x2: x(p.t), y1: PAD.top, y2: height - PAD.bottom }));
  }
}

/** When which alert held, a row a rule: above as recorded, below by the model. */
export class AlertStrip extends Drawing {
  /**
   * @param alerts {kind, rule, recorded, model}, where each of the two is {from, to} or undefined; to is null for one that lasts
   * @param choose is called with the alert that somebody points out
   */
  constructor(alerts, range, cursor, choose) {
    const rules = [...new Set(alerts.map((alert) => alert.rule))];
    super(cursor, rules.length * ROW + PAD.bottom);
    this.alerts = alerts;
    this.rules = rules;
    this.range = range;
    this.choose = choose;
    this.svg.setAttribute('role', 'img');
    this.svg.setAttribute('aria-label', texts.compare.strip);
    this.element = h('figure', { class: 'panel chart-panel strip' },
      h('figcaption', {}, h('span', { class: 'chart-title' }, texts.compare.alerts),
        h('span', { class: 'legend' }, ['unmoved', 'moved', 'gained', 'lost'].map((kind) => h('span', { class: `key ${kind}` }, KINDS[kind])))),
      this.svg);
  }

  draw(width) {
    const x = this.scale(width, this.range);
    this.svg.replaceChildren();
    this.svg.setAttribute('viewBox', `0 0 ${width} ${this.height}`);
    this.rules.forEach((rule, row) => {
      const top = row * ROW;
      this.svg.append(s('text', { class: 'rule', x: PAD.left, y: top + 12 }, words(rule)));
      ['recorded', 'model'].forEach((who, lane) => {
        const y = top + 17 + lane * (LANE + 3);
        this.svg.append(s('rect', { class: 'lane', x: PAD.left, y, width: Math.max(0, width - PAD.left - PAD.right), height: LANE }),
          s('text', { class: 'tick', x: PAD.left - 6, y: y + LANE - 0.5, 'text-anchor': 'end' }, who === 'recorded' ? texts.compare.recordedShort : texts.compare.model));
        for (const alert of this.alerts) {
          if (alert.rule !== rule || !alert[who]) continue;
          const from = x(Math.max(this.range.from, alert[who].from));
          const to = x(Math.min(this.range.to, alert[who].to ?? this.range.to));
          this.svg.append(s('rect', { class: `stretch ${alert.kind}`, x: from, y, width: Math.max(LEAST_WIDTH, to - from), height: LANE, rx: 1.5, onclick: () => this.choose(alert) },
            s('title', {}, `${KINDS[alert.kind]}: ${words(rule)}, ${fullTime(alert[who].from)}`)));
        }
      });
    });
    this.times(width, this.height, this.range, x);
    if (this.cursor.t !== null) {
      const at = x(this.cursor.t);
      this.svg.append(s('line', { class: 'cursor', x1: at, x2: at, y1: 0, y2: this.height - PAD.bottom }));
    }
  }
}

/** What each kind of difference is called. */
export const KINDS = texts.compare.kinds;
